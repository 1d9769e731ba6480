// What `explain` says of clients that are kept at a backend (docs/sticky.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/explain/explanation.h"
#include "core/explain/preview.h"
#include "core/snapshot.h"

namespace fairlead::core {

struct KeptClient {
  std::optional<ExplainedSticky> sticky;  // nothing: the pool keeps nobody
  std::optional<uint32_t> member;         // that the client goes to for that; of the pool
};

// By the same functions as the data path.
KeptClient find_kept(const PoolSnapshot& pool, const DescribedRequest& request,
                     const ExplainSource& source);

// The member takes it, whatever the balancer would do.
void take_kept(uint32_t member, Preview& seen);

// Of each member where one has taken a client that is kept there. `why`: what was said without.
std::string why_with_kept(const ExplainedMember& member, std::string why);

}  // namespace fairlead::core

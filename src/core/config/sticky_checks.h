// What is odd about sticky sessions and splits when the whole configuration is seen: only warnings,
// for each of it has a use.
#pragma once

#include "core/config/config.h"
#include "core/config/reader.h"

namespace fairlead::core {

// Two pools that set the same cookie in one listener; a split by chance between sticky pools.
// `file`: the node that `config` was read from. Says nothing where anything is wrong.
void check_stickiness(const Config& config, const Node& file, Reader& reader);

}  // namespace fairlead::core

// BodyLook: a request's body, read ahead and understood as JSON, for a route or a hash key that
// asks for something in it.
//
// Nothing is taken from the request: from then on its body begins in memory, and goes to the
// backend as it came. Bodies that cannot be JSON, or are too large to be looked at, are left where
// they are.
#pragma once

#include <cstdint>
#include <optional>

#include "core/json_text.h"
#include "http/buffered_body.h"
#include "http/exchange.h"
#include "net/task.h"

namespace fairlead::proxy {

class BodyLook {
 public:
  // Of bodies with at most so many bytes. The exchange outlives it, and its body is asked for while
  // this lives.
  BodyLook(http::Exchange& exchange, uint32_t most);
  BodyLook(const BodyLook&) = delete;

  // Reads, telling a client that waits for it to go on, and waiting at most `patience` for each
  // stretch. Once. Error: the client broke off, was too slow, or its body is malformed.
  net::Task<Result<void>> look(Duration patience);

  // Null: it is no JSON, or too large.
  const core::JsonText* json() const { return json_ ? &*json_ : nullptr; }

 private:
  http::Exchange& exchange_;
  const uint32_t most_;
  http::BufferedBody body_;
  std::optional<core::JsonText> json_;  // views body_
};

}  // namespace fairlead::proxy

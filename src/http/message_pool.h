// Heads are large (their field table has 256 rows), so they are made once and lent out.
#pragma once

#include <memory>

#include "http/message.h"

namespace fairlead::http {

namespace detail {
struct GiveHeadBack {
  void operator()(Request* head) const noexcept;
  void operator()(Response* head) const noexcept;
};
}  // namespace detail

using PooledRequest = std::unique_ptr<Request, detail::GiveHeadBack>;
using PooledResponse = std::unique_ptr<Response, detail::GiveHeadBack>;

// From this thread's free list. What an earlier user left in it means nothing.
PooledRequest take_request();
PooledResponse take_response();

}  // namespace fairlead::http

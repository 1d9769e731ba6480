#include "http/message_pool.h"

#include <vector>

namespace fairlead::http {
namespace {

// 10 KiB each: what a busy worker has in flight at once; a burst's surplus goes back to malloc.
constexpr size_t kMostKept = 256;

template <typename Head>
std::vector<std::unique_ptr<Head>>& free_list() {
  thread_local std::vector<std::unique_ptr<Head>> list;
  return list;
}

template <typename Head>
std::unique_ptr<Head, detail::GiveHeadBack> take() {
  auto& list = free_list<Head>();
  if (list.empty()) return std::unique_ptr<Head, detail::GiveHeadBack>(new Head);
  std::unique_ptr<Head, detail::GiveHeadBack> head(list.back().release());
  list.pop_back();
  return head;
}

template <typename Head>
void give_back(Head* head) {
  std::unique_ptr<Head> owned(head);
  auto& list = free_list<Head>();
  if (list.size() < kMostKept) list.push_back(std::move(owned));
}

}  // namespace

void detail::GiveHeadBack::operator()(Request* head) const noexcept { give_back(head); }
void detail::GiveHeadBack::operator()(Response* head) const noexcept { give_back(head); }

PooledRequest take_request() { return take<Request>(); }
PooledResponse take_response() { return take<Response>(); }

}  // namespace fairlead::http

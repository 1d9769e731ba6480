#include "http/h2_response.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include "http/fault.h"
#include "http/h2_session.h"
#include "wire/http2_head.h"

namespace fairlead::http {
namespace {

// Of all heads of a response: what is larger is broken or hostile.
constexpr size_t kMostHeadBytes = 64 * 1024;

void copy(const Response& from, Response& to) {
  to.status = from.status;
  to.reason = from.reason;
  to.minor = from.minor;
  to.keep_alive = from.keep_alive;
  to.upgrade = from.upgrade;
  to.framing = from.framing;
  to.content_length = from.content_length;
  to.has_content_length = from.has_content_length;
  to.fields.clear();
  for (const Field& field : from.fields.all()) to.fields.add(field);
}

}  // namespace

H2Response::H2Response(H2Session& session) : H2Stream(session, 0, Side::upstream) { forget(); }

bool H2Response::take_field(std::string_view name, std::string_view value) {
  has_begun_ = true;
  bytes_in_ += name.size() + value.size();
  size_ += name.size() + value.size();
  if (!coming_) {
    coming_ = take_response();
    coming_->fields.clear();
    coming_->status = 0;
  }
  if (size_ > kMostHeadBytes) {
    objection_ = {wire::http1::Fault::head_too_large, "the head is too long"};
    return false;
  }
  if (name == ":status") {
    coming_->status = wire::http2::read_status(value);
    return true;
  }
  if (name.starts_with(':')) return true;
  const Field field{.name = scratch_.join({name}),
                    .value = scratch_.join({value}),
                    .id = wire::http1::field_id(name),
                    .hop_by_hop = false,
                    .parsed = false};
  if (!coming_->fields.add(field))
    objection_ = {wire::http1::Fault::head_too_large, "too many fields"};
  return true;
}

bool H2Response::head_complete(bool ends) {
  if (!coming_) coming_ = take_response();
  const uint16_t status = coming_->status;
  if (!objection_ && status == 0) objection_ = wire::http1::malformed(":status cannot be read");
  if (!objection_ && status < 200 && ++interim_heads_ > kMostInterimHeads)
    objection_ = wire::http1::malformed("too many interim responses");
  if (!objection_) objection_ = wire::http2::conclude(method_, status, ends, *coming_);
  heads_.push_back(std::move(coming_));
  readable().set(session()->network().ready());
  return status >= 200 || objection_;
}

HeadState H2Response::read_head(Response& head) {
  if (heads_.empty()) {
    if (is_broken() || is_in_ended()) return HeadState::failed;
    readable().clear();
    return HeadState::blocked;
  }
  const PooledResponse first = std::move(heads_.front());
  heads_.erase(heads_.begin());
  if (objection_ && heads_.empty()) {
    error_ = {code_of(objection_.fault), Side::upstream, Again::no, objection_.detail};
    return HeadState::fault;
  }
  copy(*first, head);
  return HeadState::complete;
}

}  // namespace fairlead::http

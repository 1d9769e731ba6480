#include "http/h2_request.h"

#include "http/h2_connection.h"

namespace fairlead::http {

using wire::http1::Fault;

namespace {

// RFC 9113 6.5.2: what a field counts beside its bytes.
constexpr size_t kFieldOverhead = 32;

}  // namespace

H2Request::H2Request(H2Connection& connection, H2Session& session, int32_t id,
                     const wire::http1::Limits& limits)
    : H2Stream(session, id, Side::downstream),
      connection_(connection),
      limits_(limits),
      head_(take_request()) {
  head_->fields.clear();
}

// Of a connection that outlives whoever serves its streams.
net::TlsFacts H2Request::tls() const { return connection_.below().tls(); }
Address H2Request::peer() const { return connection_.below().peer(); }
Address H2Request::local() const { return connection_.below().local(); }

// As much as is told of a request that cannot be served; nothing of the one that had the head
// before.
void H2Request::describe() {
  head_->method = wire::http1::method_of(pseudo_.method);
  head_->method_text = pseudo_.method;
  head_->target = pseudo_.path;
  head_->authority = pseudo_.authority;
  head_->path = head_->query = {};
  head_->minor = 1;
  head_->framing = Framing::none;
  head_->expect_continue = head_->upgrade = false;
  head_->fields.clear();
}

bool H2Request::take_field(std::string_view name, std::string_view value) {
  bytes_in_ += name.size() + value.size();
  size_ += name.size() + value.size() + kFieldOverhead;
  if (size_ > limits_.max_head || head_->fields.size() >= limits_.max_fields) {
    objection_ = {Fault::head_too_large,
                  size_ > limits_.max_head ? "the head is too long" : "too many fields"};
    return false;
  }
  const std::string_view text = scratch_.join({value});
  if (name.starts_with(':')) return take_pseudo(name, text);
  const Field field{.name = scratch_.join({name}),
                    .value = text,
                    .id = wire::http1::field_id(name),
                    .hop_by_hop = false,
                    .parsed = false};
  cookies_ += field.id == FieldId::cookie;
  head_->fields.add(field);
  return true;
}

bool H2Request::take_pseudo(std::string_view name, std::string_view text) {
  if (name == ":method") pseudo_.method = text;
  if (name == ":scheme") pseudo_.scheme = text;
  if (name == ":authority") pseudo_.authority = text;
  if (name == ":path") pseudo_.path = text;
  if (name == ":protocol") pseudo_.protocol = text;
  return true;
}

// RFC 9113 8.2.3: crumbs are one field for who speaks HTTP/1.
void H2Request::join_cookies() {
  Fields& fields = head_->fields;
  size_t size = 0;
  for (const Field& field : fields.all())
    if (field.id == FieldId::cookie) size += field.value.size() + 2;
  char* const begin = scratch_.take(size).data();
  char* at = begin;
  Field* first = nullptr;
  size_t kept = 0;
  for (Field& field : fields.all()) {
    if (field.id == FieldId::cookie) {
      if (first) {
        *at++ = ';';
        *at++ = ' ';
      }
      at = std::copy(field.value.begin(), field.value.end(), at);
      if (first) continue;
      first = &fields.all()[kept];
    }
    fields.all()[kept++] = field;
  }
  first->value = {begin, static_cast<size_t>(at - begin)};
  fields.shorten(kept);
}

bool H2Request::head_complete(bool ends) {
  if (cookies_ > 1 && !objection_) join_cookies();
  if (!objection_) objection_ = wire::http2::conclude(pseudo_, ends, *head_);
  if (objection_) {
    describe();
  } else if (head_->upgrade) {
    await_tunnel();
  }
  connection_.begin_exchange(*this);
  return true;
}

}  // namespace fairlead::http

#include "http/h2_write.h"

#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "http/date.h"
#include "http/h2_session.h"
#include "wire/http1_chars.h"
#include "wire/http2_head.h"

namespace fairlead::http {
namespace {

// Fields of one head on their way to nghttp2, which copies them. Pseudo fields and our own come on
// top of those of a message.
class FieldList {
 public:
  void add(std::string_view name, std::string_view value) {
    list_[size_++] = {bytes_of(name), bytes_of(value), name.size(), value.size(),
                      NGHTTP2_NV_FLAG_NONE};
    bytes_ += name.size() + value.size();
  }

  // Those of a message that may be sent, their names in lower case.
  void add_fields(const Fields& fields) {
    for (const Field& field : fields.all()) {
      if (wire::http2::may_be_sent(field)) add(lower_case(field.name), field.value);
    }
  }

  void add_length(uint64_t length) {
    const auto end = std::to_chars(length_.data(), length_.data() + length_.size(), length).ptr;
    add("content-length", {length_.data(), static_cast<size_t>(end - length_.data())});
  }

  // Whether no value breaks its line: a template or a rewritten path could.
  bool are_clean() const {
    for (size_t i = 0; i < size_; ++i) {
      const nghttp2_nv& field = list_[i];
      if (nghttp2_check_header_value(field.value, field.valuelen) == 0) return false;
    }
    return true;
  }
  std::span<const nghttp2_nv> all() const { return {list_.data(), size_}; }
  size_t bytes() const { return bytes_; }

 private:
  static uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  }

  // Most peers of today send them so; only the others cost a copy.
  std::string_view lower_case(std::string_view name) {
    size_t at = 0;
    while (at < name.size() && (name[at] < 'A' || name[at] > 'Z')) ++at;
    if (at == name.size()) return name;
    if (names_.size() - names_used_ < name.size()) return spill(name);
    char* const copy = names_.data() + names_used_;
    names_used_ += name.size();
    for (size_t i = 0; i < name.size(); ++i) copy[i] = wire::http1::to_lower(name[i]);
    return {copy, name.size()};
  }
  std::string_view spill(std::string_view name) {
    std::string& copy = *more_.emplace_back(std::make_unique<std::string>(name));
    for (char& c : copy) c = wire::http1::to_lower(c);
    return copy;
  }

  std::array<nghttp2_nv, wire::http1::kMostFields + 8> list_;
  size_t size_ = 0;
  size_t bytes_ = 0;
  std::array<char, 20> length_;
  std::array<char, 1024> names_;
  size_t names_used_ = 0;
  std::vector<std::unique_ptr<std::string>> more_;
};

struct StatusText {
  explicit StatusText(uint16_t status)
      : digits{static_cast<char>('0' + status / 100), static_cast<char>('0' + status / 10 % 10),
               static_cast<char>('0' + status % 10)} {}
  operator std::string_view() const { return {digits.data(), digits.size()}; }
  std::array<char, 3> digits;
};

}  // namespace

bool write_head(H2Session& session, H2Stream& stream, const Response& response, uint16_t status,
                bool has_body, WallTime now) {
  if (stream.is_closed()) return false;
  FieldList fields;
  const StatusText text(status);
  fields.add(":status", text);
  fields.add_fields(response.fields);
  if (!response.fields.find(FieldId::date)) fields.add("date", http_date(now));
  const bool tells_length = response.framing == Framing::length || response.has_content_length;
  if (tells_length && status != 204 && status >= 200) fields.add_length(response.content_length);
  if (!fields.are_clean()) return false;
  stream.count_out(fields.bytes());
  stream.begin_body(has_body);
  return session.send_head(stream, fields.all(), has_body);
}

void write_interim_head(H2Session& session, H2Stream& stream, const Response& response) {
  if (stream.is_closed()) return;
  FieldList fields;
  const StatusText text(response.status);
  fields.add(":status", text);
  fields.add_fields(response.fields);
  stream.count_out(fields.bytes());
  session.send_interim_head(stream, fields.all());
}

bool write_head(H2Session& session, H2Stream& stream, const Request& request,
                std::string_view scheme, std::string_view default_host) {
  FieldList fields;
  fields.add(":method", request.method_text);
  fields.add(":scheme", scheme);
  fields.add(":authority", request.authority.empty() ? default_host : request.authority);
  fields.add(":path", request.target);
  for (const Field& field : request.fields.all()) {
    // It is for the next hop to hear whether trailers are wanted: gRPC's servers ask for it.
    if (field.id == FieldId::te && field.value == "trailers") fields.add("te", "trailers");
  }
  fields.add_fields(request.fields);
  if (request.framing == Framing::length) fields.add_length(request.content_length);
  const bool has_body = request.framing != Framing::none &&
                        !(request.framing == Framing::length && request.content_length == 0);
  stream.count_out(fields.bytes());
  stream.begin_body(has_body);
  if (!fields.are_clean()) return false;
  session.send_request(stream, fields.all(), has_body);
  return true;
}

}  // namespace fairlead::http

#include "http/h1_write.h"

#include "http/date.h"
#include "wire/http1_write.h"

namespace fairlead::http {

using wire::http1::HeadWriter;

namespace {

// What is written beyond the fields: start line words, date, framing, persistence, the empty line.
constexpr size_t kAround = 256;
constexpr size_t kFieldAround = 4;  // ": " and CRLF

size_t size_of(const Fields& fields) {
  size_t size = kAround;
  for (const Field& field : fields.all())
    size += field.name.size() + field.value.size() + kFieldAround;
  return size;
}

void write_field(HeadWriter& head, const Field& field) {
  if (field.parsed)
    head.parsed_field(field);
  else
    head.field(field.name, field.value);
}

bool is_ours(const Field& field) {
  return field.hop_by_hop || field.id == FieldId::content_length || field.id == FieldId::host;
}

void write_upgrade(HeadWriter& head, const Fields& fields) {
  head.field("connection", "upgrade");
  for (const Field& field : fields.all()) {
    if (field.id == FieldId::upgrade) head.field("upgrade", field.value);
  }
}

bool commit(H1Writer& writer, HeadWriter& head) {
  const size_t size = head.finish().size();
  writer.commit(size);
  return size > 0;
}

}  // namespace

bool write_head(H1Writer& writer, const Request& request, std::string_view default_host) {
  const size_t size = size_of(request.fields) + request.target.size() + request.authority.size() +
                      default_host.size() + request.method_text.size();
  HeadWriter head(writer.reserve(size));
  head.request_line(request.method_text, request.target);
  head.field("host", request.authority.empty() ? default_host : request.authority);
  for (const Field& field : request.fields.all()) {
    if (is_ours(field) || (field.id == FieldId::expect && !request.expect_continue)) continue;
    write_field(head, field);
  }
  if (request.framing == Framing::length) head.field("content-length", request.content_length);
  if (request.framing == Framing::chunked) head.literal("transfer-encoding: chunked\r\n");
  if (request.upgrade) write_upgrade(head, request.fields);
  if (!commit(writer, head)) return false;
  writer.begin_body(request.framing, request.content_length);
  return true;
}

bool write_head(H1Writer& writer, const Response& response, Framing framing,
                Persistence persistence, WallTime now) {
  HeadWriter head(writer.reserve(size_of(response.fields) + response.reason.size()));
  head.status_line(response.status, response.reason);
  bool has_date = false;
  for (const Field& field : response.fields.all()) {
    if (is_ours(field)) continue;
    has_date |= field.id == FieldId::date;
    write_field(head, field);
  }
  if (!has_date) head.field("date", http_date(now));
  // The answer to HEAD, and a 304, tell the length of what is not sent.
  if (framing == Framing::length || (framing == Framing::none && response.has_content_length)) {
    head.field("content-length", response.content_length);
  }
  if (framing == Framing::chunked) head.literal("transfer-encoding: chunked\r\n");
  if (persistence == Persistence::close) head.literal("connection: close\r\n");
  if (persistence == Persistence::keep_said) head.literal("connection: keep-alive\r\n");
  if (!commit(writer, head)) return false;
  writer.begin_body(framing, response.content_length);
  return true;
}

bool write_interim_head(H1Writer& writer, const Response& response) {
  HeadWriter head(writer.reserve(size_of(response.fields) + response.reason.size()));
  head.status_line(response.status, response.reason);
  for (const Field& field : response.fields.all()) {
    if (!is_ours(field)) write_field(head, field);
  }
  if (response.upgrade) write_upgrade(head, response.fields);
  return commit(writer, head);
}

}  // namespace fairlead::http

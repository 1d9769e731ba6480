#include "proxy/filter/respond.h"

#include <algorithm>
#include <utility>

#include "core/config/words.h"
#include "core/redirect_target.h"
#include "proxy/filter/header_edits.h"
#include "wire/http1_chars.h"

namespace fairlead::proxy {
namespace {

// What is filled in belongs to the request, and so to whoever sent it: it stays a text.
core::Escape escape_for(std::string_view content_type) {
  const std::string type = core::lower_case(content_type);
  if (type.contains("json")) return core::Escape::json;
  if (type.contains("html") || type.contains("xml")) return core::Escape::html;
  return core::Escape::none;
}

bool has_file_already(const http::Request& request, std::string_view etag) {
  if (request.method != http::Method::get && request.method != http::Method::head) return false;
  return std::ranges::any_of(request.fields.all(), [&](const http::Field& field) {
    return wire::http1::equals_ignoring_case(field.name, "if-none-match") &&
           names_tag(field.value, etag);
  });
}

}  // namespace

bool names_tag(std::string_view list, std::string_view tag) {
  if (wire::http1::trim_blanks(list) == "*") return true;
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    std::string_view one = wire::http1::trim_blanks(list.substr(0, end));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

Result<http::Answer> answer_of(const core::Redirect& redirect, const core::TemplateFacts& facts) {
  auto location = core::redirect_target(redirect.to, facts);
  if (!location) return fail(Code::malformed, Side::downstream, std::move(location.error()));
  http::Answer answer;
  answer.status = redirect.status;
  answer.fields.emplace_back("location", std::move(*location));
  return answer;
}

http::Answer answer_of(const core::Respond& respond, const core::TemplateFacts& facts,
                       const http::Request& request) {
  http::Answer answer;
  answer.status = respond.status;
  answer.content_type = respond.content_type;
  if (respond.file.text) {
    answer.fixed_body = *respond.file.text;
    answer.fields.emplace_back("etag", respond.file.etag);
    if (respond.status == 200 && has_file_already(request, respond.file.etag)) {
      answer.status = 304;
      answer.fixed_body = {};
    }
  } else {
    answer.body = respond.body.expand(facts, escape_for(respond.content_type));
  }
  for (const core::HeaderField& field : respond.headers) {
    std::string value = field.value.expand(facts);
    if (!value.empty() && is_field_value(value))
      answer.fields.emplace_back(field.name, std::move(value));
  }
  return answer;
}

}  // namespace fairlead::proxy

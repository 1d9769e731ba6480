#include "proxy/filter/maintenance.h"

#include <fmt/format.h>

namespace fairlead::proxy {
namespace {

constexpr std::string_view kPage =
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
    "content=\"width=device-width\">\n<title>Down for maintenance</title>\n<body "
    "style=\"font-family:sans-serif;margin:4em auto;max-width:32em;padding:0 1em\">\n<h1>Down for "
    "maintenance</h1>\n<p>This service is being worked on. Please come back in a while.</p>\n";

bool asks_for_html(const http::Request& request) {
  const auto accept = request.fields.find("accept");
  return accept && accept->contains("text/html");
}

}  // namespace

http::Answer answer_of(const core::MaintenanceConfig& maintenance, const http::Request& request) {
  http::Answer answer;
  if (maintenance.file.text) {
    answer.content_type = maintenance.file.content_type;
    answer.fixed_body = *maintenance.file.text;
  } else if (!maintenance.body.empty()) {
    answer.content_type = maintenance.content_type;
    answer.fixed_body = maintenance.body;
  } else if (asks_for_html(request)) {
    answer.content_type = "text/html; charset=utf-8";
    answer.fixed_body = kPage;
  } else {
    answer = http::problem(503, name_of(Code::maintenance), "Down for maintenance");
  }
  answer.status = 503;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(maintenance.retry_after).count();
  answer.fields.emplace_back("retry-after", fmt::format("{}", seconds));
  return answer;
}

}  // namespace fairlead::proxy

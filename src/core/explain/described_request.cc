#include "core/explain/described_request.h"

#include <algorithm>

#include "core/cookie.h"

namespace fairlead::core {

uint16_t DescribedRequest::port_meant() const {
  if (port) return *port;
  if (protocol == Protocol::tcp) return 0;
  return scheme == "https" ? 443 : 80;
}

std::string_view DescribedRequest::header(std::string_view name) const {
  const auto found =
      std::ranges::find_if(headers, [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string_view() : found->second;
}

std::string_view DescribedRequest::cookie(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (field != "cookie") continue;
    const std::string_view found = cookie_in(value, name);
    if (!found.empty()) return found;
  }
  return {};
}

bool DescribedHeaders::any(std::string_view name, const Pattern& pattern) const {
  return std::ranges::any_of(request_.headers, [&](const auto& header) {
    return is_same_header(header.first, name) && pattern.matches(header.second);
  });
}

bool DescribedHeaders::any_cookie(std::string_view name, const Pattern& pattern) const {
  return std::ranges::any_of(request_.headers, [&](const auto& header) {
    return header.first == "cookie" &&
           core::any_cookie(header.second, name,
                            [&](std::string_view value) { return pattern.matches(value); });
  });
}

std::optional<JsonText> json_of(const DescribedRequest& request, uint32_t most) {
  if (!request.has_body || request.body.size() > most) return {};
  return JsonText::parse(request.body);
}

void DescribedFacts::append(std::string& out, Fact fact, std::string_view name) const {
  switch (fact) {
    case Fact::uri:
      out += request_.path;
      if (request_.has_query) out.append("?").append(request_.query);
      break;
    case Fact::path: out += request_.path; break;
    case Fact::query: out += request_.query; break;
    case Fact::host:
      out += request_.outside_host.empty() ? request_.host : request_.outside_host;
      break;
    case Fact::scheme:
      out += request_.outside_scheme.empty() ? request_.scheme : request_.outside_scheme;
      break;
    case Fact::client_ip: out += request_.client.text(); break;
    case Fact::request_id: out += request_.request_id; break;
    case Fact::backend: break;  // none is chosen where Fairlead answers itself
    case Fact::header: out += request_.header(name); break;
    case Fact::cookie: out += request_.cookie(name); break;
  }
}

Facts facts_of(const DescribedRequest& request, const DescribedHeaders& headers,
               const JsonText* body) {
  if (request.protocol == Protocol::tcp) return {.client = request.client};
  return {.host = request.host,
          .path = request.path,
          .query = request.query,
          .method = request.method,
          .headers = &headers,
          .client = request.client,
          .client_subject = request.certificate_subject,
          .client_names = request.certificate_names,
          .body = body,
          .is_https = (request.outside_scheme.empty() ? request.scheme : request.outside_scheme) ==
                      "https"};
}

}  // namespace fairlead::core

#include "core/explain/described_request.h"

#include <algorithm>

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
    std::string_view rest = value;
    while (!rest.empty()) {
      const size_t end = rest.find(';');
      std::string_view pair = rest.substr(0, end);
      rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
        return pair.substr(name.size() + 1);
    }
  }
  return {};
}

bool DescribedHeaders::any(std::string_view name, const Pattern& pattern) const {
  return std::ranges::any_of(request_.headers, [&](const auto& header) {
    return header.first == name && pattern.matches(header.second);
  });
}

void DescribedFacts::append(std::string& out, Fact fact, std::string_view name) const {
  switch (fact) {
    case Fact::uri:
      out += request_.path;
      if (request_.has_query) out.append("?").append(request_.query);
      break;
    case Fact::path: out += request_.path; break;
    case Fact::query: out += request_.query; break;
    case Fact::host: out += request_.host; break;
    case Fact::scheme: out += request_.scheme; break;
    case Fact::client_ip: out += request_.client.text(); break;
    case Fact::request_id: out += "{request_id}"; break;
    case Fact::backend: break;  // none is chosen where Fairlead answers itself
    case Fact::header: out += request_.header(name); break;
    case Fact::cookie: out += request_.cookie(name); break;
  }
}

Facts facts_of(const DescribedRequest& request, const DescribedHeaders& headers) {
  if (request.protocol == Protocol::tcp) return {.client = request.client};
  return {.host = request.host,
          .path = request.path,
          .method = request.method,
          .headers = &headers,
          .client = request.client};
}

}  // namespace fairlead::core

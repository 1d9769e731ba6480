#include "control/explain_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/explain/explanation.h"
#include "http/client_address.h"
#include "wire/http1_head.h"
#include "wire/uri_path.h"

namespace fairlead::control {
namespace {

using core::DescribedRequest;
using Json = nlohmann::ordered_json;
using Fault = std::unexpected<std::string>;

constexpr size_t kLongest = 16 * 1024;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool has_line_end(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
}

// What stands between "://" and the path.
std::string_view authority_in(std::string_view target) {
  const size_t scheme = target.find("://");
  if (scheme == target.npos) return {};
  const std::string_view rest = target.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?"));
}

// The head as a client would send it.
std::string head_of(std::string_view method, std::string_view target, const AskedRequest& asked) {
  std::string head = fmt::format("{} {} HTTP/1.1\r\n", method, target);
  const bool has_host = std::ranges::any_of(
      asked.headers, [](const auto& header) { return lower(header.first) == "host"; });
  if (!has_host) {
    const std::string_view host = authority_in(target);
    head += fmt::format("Host: {}\r\n", host.empty() ? "localhost" : host);
  }
  for (const auto& [name, value] : asked.headers) head += fmt::format("{}: {}\r\n", name, value);
  return head + "\r\n";
}

// "Shop.Example.:8080" into a name in lower case and a port.
std::expected<void, std::string> take_authority(std::string_view authority,
                                                DescribedRequest& request) {
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon != authority.npos && (bracket == authority.npos || colon > bracket)) {
    const auto address = Address::parse(fmt::format("0.0.0.0{}", authority.substr(colon)));
    if (!address) return Fault(address.error());
    request.port = address->port();
    authority = authority.substr(0, colon);
  }
  if (authority.ends_with('.')) authority.remove_suffix(1);
  request.host = lower(authority);
  return {};
}

std::expected<void, std::string> take_path(std::string_view path, const core::Snapshot& snapshot,
                                           DescribedRequest& request) {
  if (path == "*") {
    request.path = path;
    return {};
  }
  const auto* listener = core::find_listener(snapshot, request);
  const bool keep = listener && listener->config->http.encoded_slash == core::EncodedSlash::keep;
  std::string storage(path.size(), '\0');
  const wire::NormalPath normal = wire::normalise_path(
      path, storage, keep ? wire::EncodedSlash::keep : wire::EncodedSlash::refuse);
  if (normal.fault != wire::PathFault::none)
    return Fault(fmt::format("it would be refused with 400: {}", wire::explain(normal.fault)));
  request.path = normal.path;
  return {};
}

std::expected<DescribedRequest, std::string> describe_http(std::string_view method,
                                                           std::string_view target,
                                                           const AskedRequest& asked,
                                                           const core::Snapshot& snapshot) {
  const std::string bytes = head_of(method, target, asked);
  wire::http1::RequestHead head;
  const auto parsed = wire::http1::HeadParser({}).parse(bytes, head);
  if (parsed.state != wire::http1::Parsed::State::complete)
    return Fault(fmt::format("it would be refused: {}", parsed.detail));
  DescribedRequest request;
  request.method = head.method_text;
  if (!head.scheme.empty()) request.scheme = lower(head.scheme);
  if (auto taken = take_authority(head.authority, request); !taken) return Fault(taken.error());
  request.listener = asked.listener;
  if (auto taken = take_path(head.path, snapshot, request); !taken) return Fault(taken.error());
  request.query = head.query;
  request.has_query = head.has_query;
  for (const auto& field : head.fields.all())
    request.headers.emplace_back(lower(field.name), field.value);
  if (!asked.client.empty()) request.client = *Ip::parse(asked.client);
  request.client = http::client_of(request.client, head.fields, snapshot.config->trusted_proxies);
  return request;
}

std::expected<DescribedRequest, std::string> describe_tcp(std::string_view target,
                                                          const AskedRequest& asked) {
  DescribedRequest request;
  request.protocol = core::Protocol::tcp;
  request.scheme = "tcp";
  request.method = request.path = "";
  request.listener = asked.listener;
  if (auto taken = take_authority(authority_in(target), request); !taken)
    return Fault(taken.error());
  return request;
}

std::expected<void, std::string> check(const AskedRequest& asked) {
  if (asked.request.size() > kLongest) return Fault("no request line of more than 16 KiB");
  if (has_line_end(asked.request)) return Fault("a request line has no line ends");
  for (const auto& [name, value] : asked.headers) {
    if (has_line_end(name) || has_line_end(value))
      return Fault(fmt::format("header {} has a line end in it", name));
  }
  if (asked.client.empty()) return {};
  if (auto ip = Ip::parse(asked.client); !ip)
    return Fault(fmt::format("client {}: {}", asked.client, ip.error()));
  return {};
}

std::expected<void, std::string> take_headers(const Json& headers, AskedRequest& asked) {
  if (!headers.is_object()) return Fault("`headers` is an object of names and values");
  for (const auto& [name, value] : headers.items()) {
    const Json values = value.is_array() ? value : Json::array({value});
    for (const Json& each : values) {
      if (!each.is_string())
        return Fault(fmt::format("header {} is a text or a list of texts", name));
      asked.headers.emplace_back(name, each.get<std::string>());
    }
  }
  return {};
}

}  // namespace

std::expected<std::pair<std::string, std::string>, std::string> parse_header(
    std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == text.npos || colon == 0)
    return Fault(fmt::format("`{}` is no header: write it as 'name: value'", text));
  return std::pair(std::string(trim(text.substr(0, colon))),
                   std::string(trim(text.substr(colon + 1))));
}

std::expected<DescribedRequest, std::string> describe(const AskedRequest& asked,
                                                      const core::Snapshot& snapshot) {
  if (auto good = check(asked); !good) return Fault(good.error());
  std::string_view text = trim(asked.request);
  std::string_view method = "GET";
  if (const size_t space = text.find(' '); space != text.npos) {
    method = text.substr(0, space);
    text = trim(text.substr(space));
  }
  if (text.empty()) return Fault("say a request, such as 'GET http://shop.example/api/1'");
  AskedRequest with_client = asked;
  if (with_client.client.empty()) with_client.client = "127.0.0.1";
  if (!text.starts_with("tcp://")) return describe_http(method, text, with_client, snapshot);
  auto request = describe_tcp(text, with_client);
  if (request) request->client = *Ip::parse(with_client.client);
  return request;
}

std::expected<AskedRequest, std::string> parse_asked(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return Fault("the body is no JSON object");
  AskedRequest asked;
  for (const auto& [name, value] : json.items()) {
    if (name == "headers") {
      if (auto taken = take_headers(value, asked); !taken) return Fault(taken.error());
      continue;
    }
    std::string* place = name == "request"    ? &asked.request
                         : name == "client"   ? &asked.client
                         : name == "listener" ? &asked.listener
                                              : nullptr;
    if (!place) return Fault("it takes `request`, `headers`, `client` and `listener`");
    if (!value.is_string()) return Fault(fmt::format("`{}` is a text", name));
    *place = value.get<std::string>();
  }
  if (asked.request.empty()) return Fault("`request` is missing");
  return asked;
}

std::string to_json(const AskedRequest& asked) {
  Json headers = Json::object();
  for (const auto& [name, value] : asked.headers) {
    Json& values = headers[name];
    if (values.is_null()) values = Json::array();
    values.push_back(value);
  }
  Json json = {{"request", asked.request}, {"headers", std::move(headers)}};
  if (!asked.client.empty()) json["client"] = asked.client;
  if (!asked.listener.empty()) json["listener"] = asked.listener;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace fairlead::control

#include "control/explain_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/explain/explanation.h"
#include "http/answer.h"
#include "http/prepare.h"
#include "wire/http1_head.h"

namespace fairlead::control {
namespace {

using core::DescribedRequest;
using Json = nlohmann::ordered_json;
using Fault = std::unexpected<std::string>;

constexpr size_t kLongest = 16 * 1024;
constexpr size_t kLongestBody = 1024 * 1024;  // the most that max_match_body may be

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

bool frames_body(const AskedRequest& asked) {
  return std::ranges::any_of(asked.headers, [](const auto& header) {
    return lower(header.first) == "content-length" || lower(header.first) == "transfer-encoding";
  });
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
  if (!asked.body.empty() && !frames_body(asked))
    head += fmt::format("Content-Length: {}\r\n", asked.body.size());
  return head + "\r\n";
}

// Host and port of "Shop.Example.:8080".
std::expected<void, std::string> take_authority(std::string_view authority,
                                                DescribedRequest& request) {
  http::Scratch scratch;
  request.host = http::host_of(authority, scratch);
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon == authority.npos || (bracket != authority.npos && colon < bracket)) return {};
  const auto address = Address::parse(fmt::format("0.0.0.0{}", authority.substr(colon)));
  if (!address) return Fault(address.error());
  request.port = address->port();
  return {};
}

wire::EncodedSlash encoded_slash_of(const core::ListenerSnapshot* listener) {
  const bool keep = listener && listener->config->http.encoded_slash == core::EncodedSlash::keep;
  return keep ? wire::EncodedSlash::keep : wire::EncodedSlash::refuse;
}

// What the data path knows of it when it looks for a route.
void take_prepared(const http::Request& head, const http::Prepared& prepared,
                   DescribedRequest& request) {
  request.host = prepared.host;
  request.path = prepared.path;
  request.query = head.query;
  request.has_query = head.has_query;
  request.client = prepared.client;
  request.outside_scheme = prepared.scheme;
  request.outside_host = prepared.outside_host;
  for (const http::Field& field : head.fields.all()) {
    if (!http::is_taken_out(field)) request.headers.emplace_back(lower(field.name), field.value);
  }
}

// What does not stand in the head.
void take_connection(const AskedRequest& asked, DescribedRequest& request) {
  request.body = asked.body;
  request.has_body = !asked.body.empty();
  request.certificate_subject = asked.certificate_subject;
  request.certificate_names = fmt::format("{}", fmt::join(asked.certificate_names, ","));
  request.sni = asked.sni.empty() && request.scheme == "https" ? request.host : asked.sni;
}

std::expected<DescribedRequest, std::string> describe_http(std::string_view method,
                                                           std::string_view target,
                                                           const AskedRequest& asked,
                                                           const Address& client,
                                                           const core::Snapshot& snapshot) {
  const std::string bytes = head_of(method, target, asked);
  http::Request head;
  const auto parsed = wire::http1::HeadParser({}).parse(bytes, head);
  if (parsed.state != wire::http1::Parsed::State::complete)
    return Fault(fmt::format("it would be refused: {}", parsed.detail));
  DescribedRequest request;
  request.method = head.method_text;
  request.scheme_said = !head.scheme.empty();
  if (request.scheme_said) request.scheme = lower(head.scheme);
  if (auto taken = take_authority(head.authority, request); !taken) return Fault(taken.error());
  request.listener = asked.listener;
  request.client_port = client.port();

  http::Scratch scratch;
  Random random(1);  // of an id for the request that nobody will see
  const core::ListenerSnapshot* listener = core::find_listener(snapshot, request);
  if (!request.scheme_said && listener && listener->config->tls) request.scheme = "https";
  take_connection(asked, request);
  const auto said_id = head.fields.find(http::FieldId::x_request_id);
  const auto prepared =
      http::prepare(head, scratch,
                    {.peer = client,
                     .scheme = request.scheme,
                     .trusted = snapshot.config->trusted_proxies,
                     .tls = {.version = request.scheme == "https" ? "TLSv1.3" : "",
                             .server_name = request.sni,
                             .protocol = {},
                             .client_subject = request.certificate_subject,
                             .client_names = request.certificate_names}},
                    encoded_slash_of(listener), random);
  if (!prepared) {
    return Fault(fmt::format("it would be refused with {}: {}",
                             http::answer_to(prepared.error()).status, prepared.error().detail));
  }
  take_prepared(head, *prepared, request);
  if (said_id == prepared->request_id) request.request_id = prepared->request_id;
  return request;
}

std::expected<DescribedRequest, std::string> describe_tcp(std::string_view target,
                                                          const AskedRequest& asked,
                                                          const Address& client) {
  DescribedRequest request;
  request.client = client.ip();
  request.client_port = client.port();
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
  if (asked.body.size() > kLongestBody) return Fault("no body of more than 1 MiB");
  for (const auto& [name, value] : asked.headers) {
    if (has_line_end(name) || has_line_end(value))
      return Fault(fmt::format("header {} has a line end in it", name));
  }
  return {};
}

// "203.0.113.7", or with a port.
std::expected<Address, std::string> parse_client(const std::string& text) {
  if (text.empty()) return Address(Ip::v4({127, 0, 0, 1}), 0);
  const auto ip = Ip::parse(text);
  if (ip) return Address(*ip, 0);
  const auto address = Address::parse(text);
  if (address && !address->is_unix() && !address->ip().is_any()) return *address;
  return Fault(fmt::format("client {}: {}", text, ip.error()));
}

// A text, or a list of texts.
std::expected<std::vector<std::string>, std::string> texts_of(const Json& value,
                                                              std::string_view what) {
  std::vector<std::string> texts;
  for (const Json& each : value.is_array() ? value : Json::array({value})) {
    if (!each.is_string()) return Fault(fmt::format("{} is a text or a list of texts", what));
    texts.push_back(each.get<std::string>());
  }
  return texts;
}

std::expected<void, std::string> take_headers(const Json& headers, AskedRequest& asked) {
  if (!headers.is_object()) return Fault("`headers` is an object of names and values");
  for (const auto& [name, value] : headers.items()) {
    const auto values = texts_of(value, "header " + name);
    if (!values) return Fault(values.error());
    for (const std::string& each : *values) asked.headers.emplace_back(name, each);
  }
  return {};
}

std::expected<void, std::string> take_certificate(const Json& certificate, AskedRequest& asked) {
  if (!certificate.is_object()) return Fault("`certificate` is an object of `subject` and `san`");
  for (const auto& [name, value] : certificate.items()) {
    if (name == "subject" && value.is_string()) {
      asked.certificate_subject = value.get<std::string>();
    } else if (name == "san") {
      auto names = texts_of(value, "`san`");
      if (!names) return Fault(names.error());
      asked.certificate_names = std::move(*names);
    } else {
      return Fault(name == "subject" ? "`subject` is a text"
                                     : "`certificate` takes `subject` and `san`");
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
  const auto client = parse_client(asked.client);
  if (!client) return Fault(client.error());
  if (text.starts_with("tcp://")) return describe_tcp(text, asked, *client);
  return describe_http(method, text, asked, *client, snapshot);
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
    if (name == "certificate") {
      if (auto taken = take_certificate(value, asked); !taken) return Fault(taken.error());
      continue;
    }
    std::string* place = name == "request"    ? &asked.request
                         : name == "client"   ? &asked.client
                         : name == "listener" ? &asked.listener
                         : name == "body"     ? &asked.body
                         : name == "sni"      ? &asked.sni
                                              : nullptr;
    if (!place) {
      return Fault(
          "it takes `request`, `headers`, `body`, `client`, `certificate`, `sni` and `listener`");
    }
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
  if (!asked.body.empty()) json["body"] = asked.body;
  if (!asked.sni.empty()) json["sni"] = asked.sni;
  if (!asked.certificate_subject.empty())
    json["certificate"]["subject"] = asked.certificate_subject;
  if (!asked.certificate_names.empty()) json["certificate"]["san"] = asked.certificate_names;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace fairlead::control

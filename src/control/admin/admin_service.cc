#include "control/admin/admin_service.h"

#include <unistd.h>

#include <array>

#include "control/admin/call.h"
#include "control/admin/guard.h"

namespace fairlead::control {
namespace {

// The longest body that any call takes.
constexpr size_t kMostBody = 64 * 1024;
// Each stretch that a client may keep us waiting.
constexpr Duration kPatience = 10s;

std::string machine_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

// What browsers are told about every answer: show it to nobody else, run nothing, keep nothing.
void add_browser_fields(http::Answer& answer) {
  answer.fields.emplace_back("cache-control", "no-store");
  answer.fields.emplace_back(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'");
  answer.fields.emplace_back("cross-origin-resource-policy", "same-origin");
  answer.fields.emplace_back("referrer-policy", "no-referrer");
  answer.fields.emplace_back("x-content-type-options", "nosniff");
}

std::optional<http::Answer> guard(const http::Request& request, const std::string& host_name) {
  GuardFacts facts{.method = request.method_text,
                   .path = request.path,
                   .host = {},
                   .origin = request.fields.find("origin"),
                   .sec_fetch_site = request.fields.find("sec-fetch-site")};
  if (!request.authority.empty()) facts.host = request.authority;
  const auto why = refusal_of(facts, host_name);
  if (!why) return {};
  return http::problem(403, "foreign-origin",
                       "Refused to protect the admin address from other sites", *why);
}

// The call that a request means; or the answer where there is none.
struct Found {
  const AdminCall* call = nullptr;
  std::vector<std::string> arguments;
  http::Answer answer;
};

bool fits(const AdminCall& call, std::string_view method) {
  return call.method == method || (method == "HEAD" && call.method == "GET");
}

Found find(const http::Request& request) {
  std::string allowed;
  for (const AdminCall& call : admin_calls()) {
    auto arguments = match_path(call.path, request.path);
    if (!arguments) continue;
    if (fits(call, request.method_text)) return {&call, std::move(*arguments), {}};
    if (!allowed.empty()) allowed += ", ";
    allowed += call.method == "GET" ? "GET, HEAD" : call.method;
  }
  if (allowed.empty())
    return {nullptr, {}, http::problem(404, "not-found", "There is no such page here")};
  Found found{
      nullptr, {}, http::problem(405, "method-not-allowed", "This path does not take that method")};
  found.answer.fields.emplace_back("allow", allowed);
  return found;
}

// The whole body, or the answer to one that is too long or does not come.
net::Task<std::expected<std::string, http::Answer>> read_body(http::Exchange& exchange) {
  std::string body;
  while (true) {
    const http::Piece piece = exchange.body().peek(true);
    if (piece.state == http::Piece::State::end) co_return body;
    if (piece.state == http::Piece::State::failed) {
      co_return std::unexpected(http::answer_to(exchange.body().error()));
    }
    if (piece.state == http::Piece::State::data) {
      if (body.size() + piece.bytes.size() > kMostBody) {
        co_return std::unexpected(
            http::problem(413, "body-too-large", "No call here takes more than 64 KiB"));
      }
      body.append(piece.bytes.data(), piece.bytes.size());
      exchange.body().consume(piece.bytes.size());
      continue;
    }
    const Instant deadline = exchange.network().now() + kPatience;
    net::Event& more = exchange.stream().readable();
    if (co_await net::wait_for(exchange.alarm(), deadline, more) == net::Woke::deadline) {
      co_return std::unexpected(
          http::problem(408, "request-timeout", "The request came too slowly"));
    }
  }
}

// A client that waits for a go-ahead before it sends its body gets it only for a call that exists.
void invite_body(http::Exchange& exchange) {
  if (!exchange.request().expect_continue) return;
  http::Response go_ahead;
  go_ahead.status = 100;
  go_ahead.reason = "Continue";
  exchange.inform(go_ahead);
}

}  // namespace

AdminService::AdminService(AdminParts parts)
    : parts_(std::move(parts)), host_name_(machine_name()) {}

http::ConnectionOptions AdminService::options() const {
  http::ConnectionOptions options;
  options.limits.max_head = 16 * 1024;
  options.limits.max_line = 8 * 1024;
  options.limits.max_fields = 100;
  options.body_timeout = kPatience;
  return options;
}

net::Task<void> AdminService::serve(http::Exchange& exchange) {
  http::Answer reply = co_await answer(exchange);
  add_browser_fields(reply);
  co_await http::send(exchange, reply, kPatience);
}

net::Task<http::Answer> AdminService::answer(http::Exchange& exchange) {
  const http::Request& request = exchange.request();
  if (auto refused = guard(request, host_name_)) co_return std::move(*refused);
  Found found = find(request);
  if (!found.call) co_return std::move(found.answer);
  invite_body(exchange);
  auto body = co_await read_body(exchange);
  if (!body) co_return std::move(body.error());
  co_return found.call->answer(parts_, {std::move(found.arguments), request.query, *body});
}

void AdminService::refused(http::Exchange& exchange, const Error& error) {
  parts_.log.info("admin: {} sent a request that cannot be read: {}",
                  exchange.stream().peer().host_text(), error.detail);
}

}  // namespace fairlead::control

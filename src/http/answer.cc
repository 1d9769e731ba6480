#include "http/answer.h"

#include <fmt/format.h>

#include <memory>

#include "http/grpc.h"
#include "http/message_pool.h"
#include "wire/http1_write.h"

namespace fairlead::http {
namespace {

// The last segment of a problem's type follows; the prefix names no host that somebody else may
// own.
constexpr std::string_view kProblemType = "urn:fairlead:problem/";

struct Row {
  Code code;
  uint16_t status;
  std::string_view name;
  std::string_view title;
};

// Of errors on the upstream's side and of our own; a client's faults are in fault_row().
constexpr Row kRows[] = {
    {Code::malformed, 502, "bad-response", "The backend sent a response that cannot be passed on"},
    {Code::too_large, 502, "bad-response", "The backend sent a response that cannot be passed on"},
    {Code::unsupported, 502, "bad-response",
     "The backend sent a response that cannot be passed on"},
    {Code::version_unsupported, 502, "bad-response",
     "The backend sent a response that cannot be passed on"},
    {Code::refused, 502, "connect-failed", "No connection to the backend"},
    {Code::not_found, 502, "connect-failed", "No connection to the backend"},
    {Code::unreachable, 502, "connect-failed", "No connection to the backend"},
    {Code::tls_handshake, 502, "connect-failed", "No connection to the backend"},
    {Code::connect_timeout, 502, "connect-timeout", "No connection to the backend in time"},
    {Code::reset, 502, "backend-closed", "The backend broke off before its response"},
    {Code::closed, 502, "backend-closed", "The backend broke off before its response"},
    {Code::timeout, 504, "backend-timeout", "The backend was too slow"},
    {Code::no_route, 404, "no-route", "No route for this request"},
    {Code::misdirected, 421, "misdirected-request", "This host is not served on this connection"},
    {Code::no_backend, 503, "no-healthy-backend", "No usable backend"},
    {Code::queue_full, 503, "queue-full", "Every backend is busy, and too many wait"},
    {Code::queue_timeout, 503, "queue-timeout", "No backend had room in time"},
    {Code::draining, 503, "draining", "The backend was taken out of service before it answered"},
    {Code::overloaded, 503, "overloaded", "Too much work at the moment"},
    {Code::route_full, 503, "route-full", "Too many requests of this kind at once"},
    {Code::maintenance, 503, "maintenance", "Down for maintenance"},
    {Code::invalid, 500, "bad-rewrite", "The request cannot be rewritten as configured"},
    {Code::exhausted, 503, "overloaded", "Too much work at the moment"},
};

Answer fault_answer(wire::http1::Fault fault, std::string_view detail) {
  using wire::http1::Fault;
  switch (fault) {
    case Fault::line_too_long:
      return problem(414, "request-line-too-long", "The request line is too long", detail);
    case Fault::head_too_large:
      return problem(431, "header-too-large", "The header section is too large", detail);
    case Fault::unsupported_coding:
      return problem(501, "unsupported-transfer-coding", "Only chunked is supported", detail);
    case Fault::unsupported_protocol:
      return problem(501, "unsupported-protocol", "Only WebSocket is supported", detail);
    case Fault::unsupported_version:
      return problem(505, "unsupported-version", "This version of HTTP is not spoken here", detail);
    case Fault::malformed:
    case Fault::none: break;
  }
  return problem(400, "malformed-request", "The request is malformed or ambiguous", detail);
}

Answer downstream_answer(const Error& error) {
  using wire::http1::Fault;
  switch (error.code) {
    case Code::timeout:
      return problem(408, "request-timeout", "The request came too slowly", error.detail);
    case Code::unsupported:
      return problem(501, "not-implemented", "Not supported here", error.detail);
    case Code::body_too_large:
      return problem(413, "body-too-large", "The body of the request is too large", error.detail);
    case Code::too_large: return fault_answer(Fault::head_too_large, error.detail);
    default: return fault_answer(Fault::malformed, error.detail);
  }
}

// JSON text without its quotes.
std::string escape_json(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    else
      out += c;
  }
  return out;
}

// What is left of a request that is answered without its body, as far as it is here already: so the
// connection can go on.
void discard_body(Source& body) {
  for (Piece piece = body.peek(false); piece.state == Piece::State::data;
       piece = body.peek(false)) {
    body.consume(piece.bytes.size());
  }
}

void fill_head(const Answer& answer, Response& head) {
  head.status = answer.status;
  head.reason = wire::http1::reason_of(answer.status);
  head.framing = Framing::length;
  head.content_length = answer.text().size();
  head.has_content_length = answer.status != 204 && answer.status != 304;  // RFC 9110 8.6
  head.upgrade = false;
  head.fields.clear();
  if (!answer.text().empty()) {
    head.fields.add(
        {.name = "content-type", .value = answer.content_type, .id = FieldId::content_type});
  }
  for (const auto& [name, value] : answer.fields) head.fields.add({.name = name, .value = value});
}

// An error for a gRPC caller: a response without a body, its status among the fields ("trailers
// only").
void say_to_caller(Exchange& exchange, const Answer& answer) {
  const std::string status = fmt::format("{}", grpc_status_of(answer.status));
  const std::string message = grpc_message(answer.problem);
  const std::string type(exchange.request().fields.find(FieldId::content_type).value_or(""));
  const PooledResponse head = take_response();
  head->status = 200;
  head->reason = wire::http1::reason_of(200);
  head->framing = Framing::none;
  head->content_length = 0;
  head->has_content_length = true;
  head->upgrade = false;
  head->fields.clear();
  head->fields.add({.name = "content-type", .value = type, .id = FieldId::content_type});
  head->fields.add({.name = "grpc-status", .value = status});
  head->fields.add({.name = "grpc-message", .value = message});
  for (const auto& [name, value] : answer.fields) head->fields.add({.name = name, .value = value});
  if (Sink* sink = exchange.respond(*head)) sink->finish({});
}

}  // namespace

Answer problem(uint16_t status, std::string_view name, std::string_view title,
               std::string_view detail) {
  Answer answer;
  answer.status = status;
  answer.content_type = "application/problem+json";
  answer.problem = title;
  answer.body = fmt::format(R"({{"type":"{}{}","title":"{}","status":{})", kProblemType, name,
                            escape_json(title), status);
  if (!detail.empty()) answer.body += fmt::format(R"(,"detail":"{}")", escape_json(detail));
  answer.body += "}\n";
  return answer;
}

Answer answer_to(const Error& error) {
  if (error.side == Side::downstream) return downstream_answer(error);
  for (const Row& row : kRows) {
    if (row.code != error.code) continue;
    // The detail may name a backend; it is for the log alone.
    Answer answer = problem(row.status, row.name, row.title);
    if (row.status == 503) answer.fields.emplace_back("retry-after", "1");
    return answer;
  }
  return problem(500, "internal", "Something went wrong here");
}

Answer answer_to(wire::http1::Fault fault, std::string_view detail) {
  return fault_answer(fault, detail);
}

net::Task<void> send(Exchange& exchange, const Answer& answer, Duration patience) {
  discard_body(exchange.body());
  if (!answer.problem.empty() && is_grpc(exchange.request())) {
    say_to_caller(exchange, answer);
    co_return;
  }
  Sink* sink = nullptr;
  {
    PooledResponse head = take_response();
    fill_head(answer, *head);
    sink = exchange.respond(*head);
  }
  if (!sink) co_return;
  const bool has_body =
      exchange.request().method != Method::head && answer.status != 204 && answer.status != 304;
  std::string_view rest = has_body ? answer.text() : std::string_view();
  while (true) {
    net::Io io = rest.empty() ? sink->finish({}) : sink->write(rest);
    if (io.state == net::Io::State::blocked && !rest.empty()) {
      io = sink->flush();
      if (io.state == net::Io::State::done && io.count > 0) continue;
    } else if (io.state == net::Io::State::done) {
      if (rest.empty()) co_return;
      rest.remove_prefix(io.count);
      continue;
    }
    if (io.state == net::Io::State::failed) break;
    const Instant deadline = saturating_add(exchange.network().now(), patience);
    if (co_await net::wait_for(exchange.alarm(), deadline, sink->stream().writable()) ==
        net::Woke::deadline)
      break;
  }
  exchange.break_off();
}

}  // namespace fairlead::http

// What an HTTP/1 head costs: to parse, to write; and what a path costs to normalise.
//
// Goals: 40 ns for the small request head (42 bytes), 200 ns for the browser's (374 bytes).
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <string_view>

#include "wire/http1_head.h"
#include "wire/http1_write.h"
#include "wire/uri_path.h"

namespace fairlead::wire::http1 {
namespace {

constexpr std::string_view kSmall = "GET /plain HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n";
constexpr std::string_view kBrowser =
    "GET /static/app.js?v=8 HTTP/1.1\r\n"
    "Host: shop.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Cookie: session=0123456789abcdef; theme=dark\r\n"
    "Connection: keep-alive\r\n"
    "Sec-Fetch-Mode: no-cors\r\n\r\n";
constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 02 Nov 2026 10:00:00 GMT\r\n"
    "Content-Type: text/plain\r\nContent-Length: 1024\r\nConnection: keep-alive\r\n\r\n";

void parse_request(benchmark::State& state, std::string_view text) {
  static RequestHead head;
  HeadParser parser(Limits{});
  for (auto _ : state) {
    benchmark::DoNotOptimize(text);
    parser.reset();
    const Parsed parsed = parser.parse(text, head);
    if (parsed.state != Parsed::State::complete) state.SkipWithError(parsed.detail);
    benchmark::DoNotOptimize(head.fields.size());
  }
  state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK_CAPTURE(parse_request, small, kSmall);
BENCHMARK_CAPTURE(parse_request, browser, kBrowser);

// As it comes from a keep-alive connection that pipelines: more bytes behind the head.
void parse_request_before_others(benchmark::State& state) {
  std::string text;
  while (text.size() < 4096) text += kSmall;
  parse_request(state, text);
}
BENCHMARK(parse_request_before_others);

void parse_response(benchmark::State& state) {
  static ResponseHead head;
  HeadParser parser(Limits{});
  for (auto _ : state) {
    parser.reset();
    const Parsed parsed = parser.parse(kResponse, Method::get, head);
    if (parsed.state != Parsed::State::complete) state.SkipWithError(parsed.detail);
    benchmark::DoNotOptimize(head.fields.size());
  }
}
BENCHMARK(parse_response);

void write_request(benchmark::State& state) {
  static RequestHead head;
  HeadParser parser(Limits{});
  parser.parse(kBrowser, head);
  std::array<char, 4096> out;
  for (auto _ : state) {
    HeadWriter writer(out);
    writer.request_line(head.method_text, head.target);
    for (const Field& field : head.fields.all())
      if (!field.hop_by_hop) writer.parsed_field(field);
    writer.field("x-forwarded-for", "203.0.113.7").field("x-request-id", "0123456789abcdef");
    benchmark::DoNotOptimize(writer.finish());
  }
}
BENCHMARK(write_request);

void normalise(benchmark::State& state, std::string_view path) {
  std::array<char, 256> storage;
  for (auto _ : state) {
    benchmark::DoNotOptimize(path);
    benchmark::DoNotOptimize(normalise_path(path, storage, EncodedSlash::refuse));
  }
}
BENCHMARK_CAPTURE(normalise, short_path, "/static/app.js");
BENCHMARK_CAPTURE(normalise, long_path, "/api/v1/customers/0123456789/orders/2026/11/positions");
BENCHMARK_CAPTURE(normalise, odd_path, "/api/./v1/%63ustomers//0123456789/x/../orders");

}  // namespace
}  // namespace fairlead::wire::http1

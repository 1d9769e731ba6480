// What it costs to find a route among few and among many. The last of the paths is asked for, so
// that trying one by one would look at all of them.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "core/test_routes.h"

namespace fairlead::core {
namespace {

RouteConfig route(std::string_view host, std::string_view path) {
  RouteConfig config;
  if (!host.empty()) config.match.host.push_back(*Pattern::parse(host, Case::ignored));
  if (!path.empty()) config.match.path.push_back(*PathPattern::parse(path));
  return config;
}

using Make = RouteConfig (*)(int64_t number);

RouteConfig exact(int64_t i) { return route("", fmt::format("/api/v1/service-{}/orders", i)); }
RouteConfig prefix(int64_t i) { return route("", fmt::format("/api/v1/service-{}/*", i)); }
RouteConfig host(int64_t i) { return route(fmt::format("shop-{}.example.com", i), ""); }
RouteConfig wild_host(int64_t i) {
  return route(fmt::format("*.shop-{}.example.com", i), "/api/*");
}
RouteConfig both(int64_t i) {
  return route(fmt::format("shop-{}.example.com", i / 10),
               fmt::format("/api/v1/part-{}/*", i % 10));
}
RouteConfig expression(int64_t i) {
  return route("", fmt::format("~^/api/v[0-9]+/service-{}/", i));
}

// As many different requests as there are routes, taken in an order that no cache foresees.
void find(benchmark::State& state, Make make) {
  const int64_t count = state.range(0);
  std::vector<RouteConfig> configs;
  for (int64_t i = 0; i < count; ++i) configs.push_back(make(i));
  const Router router(routes_of(configs));
  std::vector<std::pair<std::string, std::string>> asked;
  for (int64_t i = 0; i < std::min<int64_t>(count, 1000); ++i) {
    const int64_t number = count - 1 - i * 7919 % count;
    const bool by_both = make == &both;
    asked.emplace_back(fmt::format("{}shop-{}.example.com", make == &wild_host ? "www." : "",
                                   by_both ? number / 10 : number),
                       by_both ? fmt::format("/api/v1/part-{}/orders", number % 10)
                               : fmt::format("/api/v1/service-{}/orders", number));
  }
  size_t next = 0;
  for (auto _ : state) {
    const auto& [name, path] = asked[next];
    next = next + 1 == asked.size() ? 0 : next + 1;
    const Route* found = router.match({.host = name, .path = path, .method = "GET"});
    if (found == nullptr) state.SkipWithError("no route was found");
    benchmark::DoNotOptimize(found);
  }
}

void nothing(benchmark::State& state, Make make) {
  std::vector<RouteConfig> configs;
  for (int64_t i = 0; i < state.range(0); ++i) configs.push_back(make(i));
  const Router router(routes_of(configs));
  for (auto _ : state)
    benchmark::DoNotOptimize(router.match({.host = "elsewhere.example", .path = "/x/y/z"}));
}

void build(benchmark::State& state, Make make) {
  std::vector<RouteConfig> configs;
  for (int64_t i = 0; i < state.range(0); ++i) configs.push_back(make(i));
  for (auto _ : state) benchmark::DoNotOptimize(Router(routes_of(configs)));
}

#define COUNTS Arg(1)->Arg(10)->Arg(1000)->Arg(10000)
BENCHMARK_CAPTURE(find, exact, &exact)->COUNTS;
BENCHMARK_CAPTURE(find, prefix, &prefix)->COUNTS;
BENCHMARK_CAPTURE(find, host, &host)->COUNTS;
BENCHMARK_CAPTURE(find, wild_host, &wild_host)->COUNTS;
BENCHMARK_CAPTURE(find, host_and_path, &both)->COUNTS;
BENCHMARK_CAPTURE(find, expression, &expression)->COUNTS;
BENCHMARK_CAPTURE(nothing, prefix, &prefix)->COUNTS;
BENCHMARK_CAPTURE(build, prefix, &prefix)->Arg(10000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(build, host_and_path, &both)->Arg(10000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(build, expression, &expression)->Arg(10000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace fairlead::core

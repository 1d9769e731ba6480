// What a pick costs: each algorithm among 10, 100 and 1,000 backends, and a whole use of a Pool;
// what a table costs to build, and a key to hash.
//
// Loads are random and small, as in a pool that is at work. The even cases have weight 1 all over,
// the uneven ones weights from 1 to 20 (a cycle that round_robin keeps). Goals: below 30 ns for
// what is O(1) at 100 backends, and 5 ms for a maglev table of 100.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "core/pool.h"

namespace fairlead::core {
namespace {

std::shared_ptr<const PoolSnapshot> pool_of(Registry& registry, const std::string& algorithm,
                                            uint32_t backends, bool even) {
  auto config = std::make_shared<PoolConfig>();
  config->balance.algorithm = algorithm;
  std::vector<Member> members;
  for (uint32_t i = 0; i < backends; ++i) {
    const Address address(Ip::v4({10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}),
                          8080);
    members.push_back({.backend = registry.backend("pool", address),
                       .weight = even ? 1 : 1 + i % 20,
                       .state = State::healthy});
  }
  return make_pool_snapshot(config, std::move(members), registry.pool("pool"));
}

constexpr Instant now{1h};

std::vector<Candidate> candidates_of(uint32_t count, bool even) {
  std::vector<Candidate> candidates;
  for (uint32_t i = 0; i < count; ++i) {
    const Address address(Ip::v4({10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}),
                          8080);
    candidates.push_back({i, even ? 1 : 1 + i % 20, identity_of(address)});
  }
  return candidates;
}

// The balancer alone, on loads that stand still, with another key each time.
void pick_with(benchmark::State& state, const BalanceConfig& config, bool even) {
  const auto backends = static_cast<uint32_t>(state.range(0));
  Random random(1);
  const auto live = std::make_unique<LiveLoad[]>(backends);
  std::vector<const LiveLoad*> loads;
  const auto candidates = candidates_of(backends, even);
  auto balancer = make_balancer(config);
  for (uint32_t i = 0; i < backends; ++i) {
    live[i].active = random.below(8);
    live[i].response.add(balancer->meter(), Duration(1'000'000 + random.below(1'000'000)), now);
    loads.push_back(&live[i]);
  }
  balancer->update(candidates, make_plan(config, candidates));
  const Load load(loads, now);
  Key key{.hash = 1, .present = true};
  for (auto _ : state) {
    key.hash += 0x9e3779b97f4a7c15;
    benchmark::DoNotOptimize(balancer->pick(key, load, {}, random));
  }
}

void pick(benchmark::State& state, const std::string& algorithm, bool even) {
  pick_with(state, {.algorithm = algorithm}, even);
}

void pick_bounded(benchmark::State& state, const std::string& algorithm) {
  pick_with(state, {.algorithm = algorithm, .bounded_load = 125}, true);
}

// Where the first choice has failed already.
void pick_second(benchmark::State& state, const std::string& algorithm) {
  const BalanceConfig config{.algorithm = algorithm};
  const auto candidates = candidates_of(100, true);
  const LiveLoad live;
  const std::vector<const LiveLoad*> loads(100, &live);
  auto balancer = make_balancer(config);
  balancer->update(candidates, make_plan(config, candidates));
  Random random(1);
  Tried tried;
  tried.exclude(7);
  Key key{.hash = 1, .present = true};
  for (auto _ : state) {
    key.hash += 0x9e3779b97f4a7c15;
    benchmark::DoNotOptimize(balancer->pick(key, Load(loads, now), tried, random));
  }
}

// The table of a pool, as made on the control thread when a backend flips.
void build(benchmark::State& state, const std::string& algorithm) {
  const BalanceConfig config{.algorithm = algorithm};
  const auto candidates = candidates_of(static_cast<uint32_t>(state.range(0)), true);
  for (auto _ : state) benchmark::DoNotOptimize(make_plan(config, candidates));
}

void hash_text(benchmark::State& state) {
  std::string text(static_cast<size_t>(state.range(0)), 'k');
  for (auto _ : state) {
    benchmark::DoNotOptimize(text.data());
    benchmark::DoNotOptimize(key_of(text));
  }
}
BENCHMARK(hash_text)->Arg(8)->Arg(36)->Arg(200);

void hash_address(benchmark::State& state) {
  Ip ip = *Ip::parse("192.0.2.7");
  for (auto _ : state) {
    benchmark::DoNotOptimize(ip);
    benchmark::DoNotOptimize(key_of(ip));
  }
}
BENCHMARK(hash_address);

// Pick, lease, report, end: all that a request pays in core.
void use(benchmark::State& state, const std::string& algorithm) {
  Registry registry(1);
  Pool pool(0);
  pool.update(pool_of(registry, algorithm, static_cast<uint32_t>(state.range(0)), true));
  Random random(1);
  for (auto _ : state) {
    auto lease = pool.pick(key_of("somebody"), {}, random, now);
    benchmark::DoNotOptimize(lease->report(Outcome::success(200, 800us), now));
  }
}

void add_latency(benchmark::State& state) {
  Random random(1);
  Histogram histogram;
  for (auto _ : state) histogram.add(Duration(static_cast<int64_t>(random.next() >> 38)));
}
BENCHMARK(add_latency);

// 10,000 backends in 100 pools.
std::shared_ptr<const Config> big_config() {
  auto config = std::make_shared<Config>();
  for (uint8_t p = 0; p < 100; ++p) {
    PoolConfig pool;
    pool.name = std::to_string(p);
    for (uint8_t b = 0; b < 100; ++b) {
      BackendConfig backend;
      backend.address = Address(Ip::v4({10, 0, p, b}), 80);
      pool.backends.push_back(backend);
    }
    config->pools.push_back(std::move(pool));
  }
  return config;
}

Standing healthy(const Backend&, const BackendConfig&) { return {State::healthy, 1}; }

// One backend flips: the new snapshot, and a worker that takes it.
void flip(benchmark::State& state) {
  Registry registry(1);
  auto snapshot = make_snapshot(big_config(), registry, 1, 1, healthy);
  Pool worker(0);
  worker.update(snapshot->pools[50]);
  const uint32_t id = snapshot->pools[50]->members[50].backend->id();
  bool up = true;
  for (auto _ : state) {
    up = !up;
    const Flip one{id, {up ? State::healthy : State::unhealthy, 1}};
    snapshot = with_flips(*snapshot, 50, std::span(&one, 1));
    worker.update(snapshot->pools[50]);
  }
}
BENCHMARK(flip)->Unit(benchmark::kMicrosecond);

// The snapshot of a reload, where the registry knows every backend.
void reload(benchmark::State& state) {
  Registry registry(1);
  const auto config = big_config();
  std::shared_ptr<const Snapshot> kept;
  for (auto _ : state) kept = make_snapshot(config, registry, 1, 1, healthy);
}
BENCHMARK(reload)->Unit(benchmark::kMillisecond);

const bool registered = [] {
  for (std::string_view name : balancer_names()) {
    const std::string algorithm(name);
    benchmark::RegisterBenchmark(("pick/" + algorithm + "/even").c_str(), pick, algorithm, true)
        ->Arg(10)
        ->Arg(100)
        ->Arg(1000);
    benchmark::RegisterBenchmark(("pick/" + algorithm + "/uneven").c_str(), pick, algorithm, false)
        ->Arg(10)
        ->Arg(100)
        ->Arg(1000);
    benchmark::RegisterBenchmark(("use/" + algorithm).c_str(), use, algorithm)->Arg(100);
    if (make_plan({.algorithm = algorithm}, {}) == nullptr) continue;
    benchmark::RegisterBenchmark(("bounded/" + algorithm).c_str(), pick_bounded, algorithm)
        ->Arg(100);
    benchmark::RegisterBenchmark(("second/" + algorithm).c_str(), pick_second, algorithm);
    benchmark::RegisterBenchmark(("build/" + algorithm).c_str(), build, algorithm)
        ->Arg(100)
        ->Arg(1000)
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace fairlead::core

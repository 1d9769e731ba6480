#include "sim/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "net/scope.h"
#include "sim/echo.h"
#include "sim/origin.h"
#include "sim/running_proxy.h"
#include "sim/user.h"

namespace fairlead::sim {
namespace {

using Ended = net::SimWorld::Ended;

constexpr uint32_t kWorkers = 2;
constexpr uint8_t kOrigins = 4;
constexpr uint8_t kEchoes = 2;
constexpr uint32_t kUsers = 10;
constexpr uint32_t kTcpUsers = 8;
// A drain is over by then, as the configuration below says.
constexpr Duration kDrainTimeout = 30s;
// Far more than any peer's patience: what is not over then will never be.
constexpr Duration kDay = 20min;

const Ip kProxyHost = Ip::v4({10, 0, 0, 1});
Address origin_at(uint8_t i) { return Address(Ip::v4({10, 0, 1, i}), 80); }
Address echo_at(uint8_t i) { return Address(Ip::v4({10, 0, 2, i}), 7); }

// What the seed makes of the day.
struct Weather {
  explicit Weather(uint64_t seed)
      : bad_behind(seed % 4 == 1 || seed % 4 == 3),
        bad_before(seed % 4 == 2 || seed % 4 == 3),
        stops_early(seed % 3 == 0) {}

  bool is_calm() const { return !bad_behind && !bad_before; }

  bool bad_behind;   // backends, and the network to them
  bool bad_before;   // clients, and the network from them
  bool stops_early;  // drained while clients are still busy
};

net::FaultPlan bad_network(Random& random, bool with_cuts) {
  net::FaultPlan plan;
  plan.buffer = 4'000 + random.below(60'000);
  plan.delay = 0.01;
  plan.short_read = 0.2;
  plan.short_write = 0.2;
  plan.refuse = 0.03;
  plan.silence = 0.02;
  plan.exhausted = 0.02;
  plan.reset = 0.06;
  plan.cut = with_cuts ? 0.04 : 0;
  plan.fault_within = 100'000;
  plan.reset_loses = 0.5;
  return plan;
}

OriginHabits bad_habits(bool with_cuts) {
  return {.slow = 0.1,
          .deaf = 0.02,
          .truncates = 0.03,
          .closes = 0.05,
          .forgets_idle = true,
          .flaps = true,
          .ends_by_closing = !with_cuts};
}

std::string yaml_without(std::optional<uint8_t> missing) {
  std::string backends;
  for (uint8_t i = 1; i <= kOrigins; ++i) {
    if (i != missing) backends += fmt::format("      - {}\n", origin_at(i).text());
  }
  std::string echoes;
  for (uint8_t i = 1; i <= kEchoes; ++i) echoes += fmt::format("      - {}\n", echo_at(i).text());
  return fmt::format(
      "admin: off\n"
      "access_log: {{ format: json, to: stdout }}\n"
      "drain_timeout: 30s\n"
      "listeners:\n"
      "  web: {{ bind: \":8080\", routes: [{{ pool: app, timeout: 5s, "
      "retry: {{ per_try_timeout: 2s }}, hedge: 300ms }}] }}\n"
      "  raw: {{ bind: \":5432\", protocol: tcp, pool: echo }}\n"
      "pools:\n"
      "  app:\n"
      "    health: {{ tcp: {{}}, interval: 2s, timeout: 1s }}\n"
      "    passive: {{ consecutive_errors: 3, eject_for: 2s, error_rate: {{ min_requests: 5 }} }}\n"
      "    slow_start: 3s\n"
      "    backends:\n{}"
      "  echo:\n"
      "    backends:\n{}",
      backends, echoes);
}

// So much of what was sent as tells what it is.
std::string opening(std::string_view bytes) {
  std::string text(bytes.substr(0, 160));
  std::ranges::replace_if(text, [](char c) { return c < ' '; }, '|');
  return text;
}

// Everything that takes part, in the order in which it may be destroyed from the end.
class Day {
 public:
  Day(uint64_t seed, bool verbose)
      : weather_(seed),
        world_(seed),
        with_cuts_(seed % 8 >= 4),
        clients_(world_, Ip::v4({10, 0, 3, 1})) {
    if (verbose) watch();
    if (weather_.bad_behind) {
      for (uint8_t i = 1; i <= kOrigins; ++i)
        world_.set_plan(origin_at(i).ip(), bad_network(world_.random(), with_cuts_));
      for (uint8_t i = 1; i <= kEchoes; ++i)
        world_.set_plan(echo_at(i).ip(), bad_network(world_.random(), with_cuts_));
    }
    if (weather_.bad_before) world_.set_plan(kProxyHost, bad_network(world_.random(), with_cuts_));
  }

  Report play() {
    const Instant start = world_.now();
    open();
    proxy_ = std::make_unique<RunningProxy>(world_, kProxyHost, kWorkers, report_.ledger);
    proxy_->configure(yaml_without({}));
    run_until([this] { return proxy_->is_ready(); }, 1min, "the first round of probes");
    send_users();
    reload_now_and_then();
    if (weather_.stops_early)
      world_.run_for(Duration(world_.random().below(8'000) * 1'000'000ll));
    else
      run_until([this] { return users_.empty(); }, kDay, "all clients");
    stop();
    run_until([this] { return users_.empty(); }, kDay, "the last clients");
    world_.run_for(1min);
    proxy_->check_at_rest();
    proxy_->check_arrivals(weather_.is_calm() ? 1s : 15s);
    report_.span = world_.now() - start;
    finish();
    return std::move(report_);
  }

 private:
  void open() {
    const OriginHabits habits = weather_.bad_behind ? bad_habits(with_cuts_) : OriginHabits{};
    for (uint8_t i = 1; i <= kOrigins; ++i) {
      origins_.push_back(std::make_unique<Origin>(world_, origin_at(i), habits, report_.ledger));
    }
    for (uint8_t i = 1; i <= kEchoes; ++i)
      echoes_.push_back(std::make_unique<Echo>(world_, echo_at(i)));
  }

  void send_users() {
    const bool expects_all = weather_.is_calm() && !weather_.stops_early;
    for (uint32_t i = 0; i < kUsers; ++i) {
      const UserHabits habits{.connections = 4,
                              .vanishes = weather_.bad_before ? 0.1 : 0,
                              .reads_slowly = i % 3 == 0,
                              .is_cut = weather_.bad_before && with_cuts_,
                              .expects_all = expects_all};
      people_.push_back(std::make_unique<User>(world_, clients_, fmt::format("u{}", i),
                                               Address(kProxyHost, 8080), habits, report_.ledger));
      users_.spawn(people_.back()->run());
    }
    for (uint32_t i = 0; i < kTcpUsers; ++i) {
      users_.spawn(use_echo(clients_, Address(kProxyHost, 5432), fmt::format("t{}", i),
                            1 + world_.random().below(300'000), expects_all, with_cuts_,
                            report_.ledger));
    }
  }

  // Takes a backend away and brings it back, while requests are under way.
  void reload_now_and_then() {
    for (int i = 0; i < 3; ++i) {
      world_.run_for(Duration(world_.random().below(2'000) * 1'000'000ll));
      proxy_->configure(yaml_without(static_cast<uint8_t>(1 + world_.random().below(kOrigins))));
      world_.run_for(Duration(world_.random().below(3'000) * 1'000'000ll));
      proxy_->configure(yaml_without({}));
    }
  }

  void stop() {
    proxy_->drain();
    const Ended ended =
        world_.run_until([this] { return proxy_->is_drained(); }, world_.now() + kDrainTimeout);
    if (ended == Ended::finished) return;
    // What a bad network has swallowed may hang until it is cut; in a good one nothing does.
    if (weather_.is_calm())
      report_.ledger.violated(
          fmt::format("{} connections outlived the drain", proxy_->connections()));
    proxy_->cut();
  }

  void run_until(const std::function<bool()>& finished, Duration patience, std::string_view what) {
    const Ended ended = world_.run_until(finished, world_.now() + patience);
    if (ended == Ended::finished) return;
    constexpr std::string_view kWhy[] = {"", "nothing is left to happen", "it takes too long",
                                         "somebody spins"};
    report_.ledger.violated(
        fmt::format("waiting for {} is in vain: {}", what, kWhy[static_cast<size_t>(ended)]));
  }

  void finish() {
    report_.log = proxy_->log();
    for (const std::string& line : report_.log) world_.trace().mix_bytes(line);
    report_.trace = world_.trace().hash();
    report_.events = world_.trace().events();
  }

  void watch() {
    world_.trace().watch([start = world_.now()](const net::SimTrace::Event& event) {
      fmt::print("{:12.6f} connection {}{} {} {} {}\n", to_seconds(event.when - start),
                 event.which / 2, event.which % 2 ? 's' : 'c', event.what, event.detail,
                 opening(event.bytes));
    });
  }

  Weather weather_;
  net::SimWorld world_;
  bool with_cuts_;
  Report report_;
  net::SimNetwork clients_;
  std::vector<std::unique_ptr<Origin>> origins_;
  std::vector<std::unique_ptr<Echo>> echoes_;
  std::unique_ptr<RunningProxy> proxy_;
  std::vector<std::unique_ptr<User>> people_;
  net::Scope users_;
};

}  // namespace

Report play(uint64_t seed, bool verbose) {
  Day day(seed, verbose);
  return day.play();
}

std::string summary(uint64_t seed, const Report& report) {
  const Ledger& ledger = report.ledger;
  uint64_t refused = 0;
  for (const auto& [status, count] : ledger.refused) refused += count;
  return fmt::format(
      "seed {}: {:.0f} s, {} events, {} answered, {} refused, {} broken off, {} unanswered, {} not "
      "connected, "
      "{} echoed, {} echoes broken, trace {:016x}{}",
      seed, to_seconds(report.span), report.events, ledger.answered, refused, ledger.broken_off,
      ledger.unanswered, ledger.not_connected, ledger.echoed, ledger.echo_broken, report.trace,
      ledger.violations.empty() ? "" : fmt::format(", {} VIOLATIONS", ledger.violations.size()));
}

}  // namespace fairlead::sim

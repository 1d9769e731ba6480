// sim_run: plays many seeds and says which break a promise. For `make sim` and for hunting.
//
//   sim_run --seeds 1000 --from 0     one line for each bad seed, one for each hundred good ones
//   sim_run --seed 17                 one seed, with every event and the proxy's log
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "sim/scenario.h"

namespace {

using namespace fairlead;

void tell_violations(const sim::Report& report) {
  for (const std::string& violation : report.ledger.violations) fmt::print("  {}\n", violation);
}

int play_one(uint64_t seed) {
  const sim::Report report = sim::play(seed, true);
  for (const std::string& line : report.log) fmt::print("{}", line);
  fmt::print("{}\n", sim::summary(seed, report));
  tell_violations(report);
  return report.ledger.violations.empty() ? 0 : 1;
}

int play_many(uint64_t from, uint64_t seeds) {
  uint64_t bad = 0;
  for (uint64_t seed = from; seed < from + seeds; ++seed) {
    const sim::Report report = sim::play(seed);
    const bool is_bad = !report.ledger.violations.empty();
    bad += is_bad;
    if (is_bad || (seed - from) % 100 == 0) fmt::print("{}\n", sim::summary(seed, report));
    tell_violations(report);
  }
  fmt::print("{} seeds, {} bad\n", seeds, bad);
  return bad == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t from = 0;
  uint64_t seeds = 100;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (flag == "--seed") return play_one(value);
    if (flag == "--from") {
      from = value;
    } else if (flag == "--seeds") {
      seeds = value;
    } else {
      fmt::print(stderr, "usage: sim_run [--seeds N] [--from S] | --seed S\n");
      return 2;
    }
  }
  return play_many(from, seeds);
}

#include "control/referee.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/outlier.h"

namespace fairlead::control {
namespace {

core::Strength strength_of(const HealthBook& book, const core::PoolSnapshot& pool, uint32_t but) {
  core::Strength strength;
  for (const core::Member& member : pool.members) {
    const HealthEntry* entry = book.find(member.backend->id());
    if (!entry || entry->weight == 0) continue;
    ++strength.backends;
    const core::State state = entry->health.state();
    if (entry->health.ejected_until() != kNever) ++strength.ejected;
    if (core::serves(state) && member.backend->id() != but) ++strength.others_serving;
  }
  return strength;
}

}  // namespace

// Every window is fed; judged are those that get work.
std::vector<Referee::Case> Referee::cases_of(const core::PoolSnapshot& pool, Instant now) {
  std::vector<Case> cases;
  for (const core::Member& member : pool.members) {
    HealthEntry* entry = book_.find(member.backend->id());
    if (!entry) continue;
    entry->window.add(core::rate_of(member.backend->tally()), now,
                      pool.config->passive.error_rate.window);
    if (core::serves(entry->health.state())) cases.push_back({entry, entry->window.rate()});
  }
  // The worst first: who goes while there is room is not to hang on the order in the file.
  std::ranges::sort(cases, std::ranges::greater(),
                    [](const Case& one) { return one.rate.percent(); });
  return cases;
}

void Referee::review(const core::PoolSnapshot& pool, Instant now) {
  const core::PassiveConfig& config = pool.config->passive;
  if (!config.on) return;
  const std::vector<Case> cases = cases_of(pool, now);
  std::vector<core::Observed> observed;
  for (const Case& one : cases)
    observed.push_back({one.rate, one.entry->health.is_degraded_by_traffic()});
  const std::vector<core::Verdict> verdicts = core::judge(config, observed);
  for (size_t i = 0; i < cases.size(); ++i) {
    const core::Verdict& verdict = verdicts[i];
    HealthEntry& entry = *cases[i].entry;
    errors_in_row(pool, entry, entry.backend->errors_in_row());
    if (verdict.eject && core::serves(entry.health.state()))
      eject(pool, entry, *verdict.eject, verdict.why);
    if (verdict.degraded || observed[i].degraded) {
      calls_.tell(entry.backend->id(), core::Rated{verdict.degraded, verdict.share, verdict.why});
    }
  }
}

void Referee::errors_in_row(const core::PoolSnapshot& pool, HealthEntry& entry, uint32_t count) {
  const uint32_t limit = pool.config->passive.consecutive_errors;
  const core::State state = entry.health.state();
  if (!pool.config->passive.on || limit == 0 || count < limit) return;
  if (!core::serves(state) && state != core::State::checking) return;
  const std::string last = entry.last_error.empty() ? "" : ", last: " + entry.last_error;
  eject(pool, entry, core::EjectReason::consecutive_errors,
        fmt::format("{} errors in a row{}", count, last));
}

void Referee::eject(const core::PoolSnapshot& pool, HealthEntry& entry, core::EjectReason reason,
                    const std::string& why) {
  const core::PassiveConfig& config = pool.config->passive;
  const core::Strength strength = strength_of(book_, pool, entry.backend->id());
  if (core::may_eject(config, strength)) {
    return calls_.tell(entry.backend->id(), core::Eject{reason, why});
  }
  if (std::exchange(entry.ejection_withheld, true)) return;
  calls_.withheld(*entry.backend,
                  strength.others_serving == 0
                      ? fmt::format("{}; no other backend of the pool serves", why)
                      : fmt::format("{}; {} of {} are ejected, and max_ejected is {} %", why,
                                    strength.ejected, strength.backends, config.max_ejected));
}

}  // namespace fairlead::control

#include "core/outlier.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/slow_start.h"

namespace fairlead::core {
namespace {

constexpr int kSamples = 30;

// Below these success rates, in percent, a backend is an outlier.
struct Norm {
  double mean = 0;
  double limit = 0;
};

std::optional<Norm> norm_of(const OutlierConfig& config, std::span<const Observed> pool) {
  std::vector<double> successes;
  for (const Observed& one : pool) {
    if (one.rate.outcomes >= config.min_requests) successes.push_back(100 - one.rate.percent());
  }
  if (!config.on || successes.size() < config.min_backends) return {};
  const auto count = static_cast<double>(successes.size());
  double sum = 0;
  for (const double success : successes) sum += success;
  const double mean = sum / count;
  double squares = 0;
  for (const double success : successes) squares += (success - mean) * (success - mean);
  const double deviation = std::sqrt(squares / count);
  return Norm{mean, mean - config.factor_tenths / 10.0 * deviation};
}

std::string words_for(const Rate& rate, Duration window) {
  return fmt::format("error rate {:.0f} % of {} requests in {:.3g} s", rate.percent(),
                     rate.outcomes, to_seconds(window));
}

uint8_t share_of(const ErrorRateConfig& config, double percent) {
  if (percent <= config.degrade) return 100;
  return rounded_share(100 * (config.eject - percent) / (config.eject - config.degrade));
}

Verdict judge_rate(const ErrorRateConfig& config, const Observed& one) {
  Verdict verdict;
  // A degraded one gets less, and is not to be called well for that alone.
  const uint64_t enough = one.degraded ? (config.min_requests + 3) / 4 : config.min_requests;
  if (!config.on || one.rate.outcomes < enough) {
    if (one.degraded) verdict.why = "too few requests of late to tell its error rate";
    return verdict;
  }
  const double percent = one.rate.percent();
  if (percent > config.eject) verdict.eject = EjectReason::error_rate;
  verdict.degraded = percent > (one.degraded ? config.degrade / 2.0 : config.degrade);
  verdict.share = share_of(config, percent);
  if (verdict.degraded || one.degraded) verdict.why = words_for(one.rate, config.window);
  return verdict;
}

// A small difference is none of its business, however equal the others are.
bool is_outlier(const PassiveConfig& config, const Norm& norm, const Rate& rate) {
  return rate.outcomes >= config.outlier.min_requests &&
         rate.percent() > config.error_rate.degrade && 100 - rate.percent() < norm.limit;
}

}  // namespace

Rate rate_of(const PerWorker<BackendTally>& tallies) {
  Rate rate;
  tallies.each([&](const BackendTally& tally) {
    // In this order: an error in between counts as an outcome, never as more than one.
    rate.errors += tally.faults.value();
    rate.outcomes += tally.judged.value();
  });
  return rate;
}

void ErrorWindow::add(const Rate& totals, Instant now, Duration window) {
  last_ = totals;
  if (samples_.empty()) return restart(totals, now);
  size_t old = 0;
  while (old + 1 < samples_.size() && samples_[old + 1].at <= now - window) ++old;
  samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(old));
  Sample& last = samples_.back();
  if (last.totals == totals && samples_.size() == 1) {
    last.at = now;  // idle: the window begins with what comes
  } else if (now - last.at >= window / kSamples) {
    samples_.push_back({now, totals});
  }
}

void ErrorWindow::restart(const Rate& totals, Instant now) {
  samples_.assign(1, {now, totals});
  last_ = totals;
}

Rate ErrorWindow::rate() const {
  if (samples_.empty()) return {};
  const Rate& edge = samples_.front().totals;
  return {last_.outcomes - edge.outcomes, last_.errors - edge.errors};
}

std::string_view name_of(EjectReason reason) {
  switch (reason) {
    case EjectReason::consecutive_errors: return "consecutive_errors";
    case EjectReason::error_rate: return "error_rate";
    case EjectReason::outlier: return "outlier";
  }
  return "outlier";
}

std::vector<Verdict> judge(const PassiveConfig& config, std::span<const Observed> pool) {
  const std::optional<Norm> norm = norm_of(config.outlier, pool);
  std::vector<Verdict> verdicts;
  verdicts.reserve(pool.size());
  for (const Observed& one : pool) {
    Verdict& verdict = verdicts.emplace_back(judge_rate(config.error_rate, one));
    if (verdict.eject || !norm || !is_outlier(config, *norm, one.rate)) continue;
    verdict.eject = EjectReason::outlier;
    verdict.why = fmt::format("{}; the pool's mean is {:.1f} %, its limit {:.1f} %",
                              words_for(one.rate, config.error_rate.window), 100 - norm->mean,
                              100 - norm->limit);
  }
  return verdicts;
}

bool may_eject(const PassiveConfig& config, const Strength& pool) {
  if (pool.others_serving == 0 || config.max_ejected == 0) return false;
  return pool.ejected == 0 ||
         uint64_t{pool.ejected + 1} * 100 <= uint64_t{config.max_ejected} * pool.backends;
}

}  // namespace fairlead::core

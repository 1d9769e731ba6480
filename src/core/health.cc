#include "core/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fairlead::core {
namespace {

// The first probes of many backends, and those after a doubt, spread over this much.
constexpr Duration kSoon = 100ms;

// What a failed connect is called in a reason.
std::string_view words_for(Code code) {
  switch (code) {
    case Code::refused: return "connection refused";
    case Code::unreachable: return "address unreachable";
    default: return "connect timed out";
  }
}

State found_at_start(const ProbeConfig& config) {
  return config.kind == ProbeConfig::Kind::off ? State::healthy : State::checking;
}

constexpr std::string_view kNotProbed = "not probed yet";
constexpr std::string_view kProbesOff = "health checks are off";

}  // namespace

Health::Health(const ProbeConfig& config, Instant now)
    : config_(config),
      found_(found_at_start(config)),
      found_why_(probes() ? kNotProbed : kProbesOff),
      state_(found_),
      reason_(found_why_),
      since_(now) {}

std::optional<Change> Health::step(const HealthEvent& event, Instant now) {
  return std::visit([&](const auto& what) { return on(what, now); }, event);
}

std::optional<Change> Health::on(const ProbePassed&, Instant now) {
  if (!wants_probes()) return {};  // begun before an order or a reload
  failures_ = 0;
  seen_failures_ = 0;
  doubted_ = false;
  last_pass_ = now;
  ++passes_;
  if (found_ == State::checking) return find(State::healthy, "first probe passed", now);
  if (found_ == State::healthy || passes_ < config_.healthy_threshold) return {};
  return find(State::healthy, fmt::format("{0} of {0} probes passed", passes_), now);
}

std::optional<Change> Health::on(const ProbeFailed& event, Instant now) {
  if (!wants_probes()) return {};
  doubted_ = false;
  if (found_ == State::checking) {
    ++failures_;
    return find(State::unhealthy, "first probe failed: " + event.reason, now);
  }
  return fail(event.reason, now);
}

std::optional<Change> Health::on(const ConnectFailed& event, Instant now) {
  if (!probes()) return penalise(event.code, now);
  if (event.began < last_pass_) return {};
  doubted_ = true;
  if (event.code == Code::refused) {
    passes_ = 0;
    if (found_ == State::unhealthy) return {};
    return find(State::unhealthy, "connection refused to traffic", now);
  }
  ++seen_failures_;
  return fail(fmt::format("{} for traffic", words_for(event.code)), now);
}

std::optional<Change> Health::fail(std::string what, Instant now) {
  passes_ = 0;
  ++failures_;
  if (found_ == State::unhealthy || failures_ < config_.unhealthy_threshold) return {};
  const auto* tries = seen_failures_ > 0 ? "probes and connects" : "probes";
  return find(State::unhealthy, fmt::format("{0} of {0} {1} failed: {2}", failures_, tries, what),
              now);
}

std::optional<Change> Health::penalise(Code code, Instant now) {
  if (found_ == State::unhealthy) return {};
  penalty_ends_ = saturating_add(now, kPenalty);
  return find(
      State::unhealthy,
      fmt::format("{} to traffic; no new work for {:.0f} s", words_for(code), to_seconds(kPenalty)),
      now);
}

std::optional<Change> Health::on(const Woke&, Instant now) {
  if (now < penalty_ends_) return {};
  penalty_ends_ = kNever;
  return find(State::healthy, fmt::format("{:.0f} s after a failed connect", to_seconds(kPenalty)),
              now);
}

std::optional<Change> Health::on(const Order& order, Instant now) {
  const Order before = std::exchange(order_, order);
  if (before == Order::disable && order != Order::disable && probes()) forget();
  if (order == Order::drain) return become(State::draining, "drained by order", now);
  if (order == Order::disable) return become(State::disabled, "disabled by order", now);
  if (before == Order::enable) return {};
  return become(found_, "enabled by order; " + found_why_, now);
}

// What was known before a time without probes says nothing of now.
void Health::forget() {
  found_ = State::checking;
  found_why_ = kNotProbed;
  passes_ = 0;
  failures_ = 0;
  seen_failures_ = 0;
}

std::optional<Change> Health::configure(const ProbeConfig& config, Instant now) {
  const bool had_probes = probes();
  config_ = config;
  if (!probes() && !had_probes) return {};
  passes_ = 0;
  failures_ = 0;
  seen_failures_ = 0;
  penalty_ends_ = kNever;
  doubted_ = probes() && !had_probes;
  if (probes()) return {};
  return find(State::healthy, std::string(kProbesOff), now);
}

std::optional<Change> Health::find(State found, std::string reason, Instant now) {
  found_ = found;
  found_why_ = reason;
  if (order_ != Order::enable) return {};
  return become(found, std::move(reason), now);
}

std::optional<Change> Health::become(State state, std::string reason, Instant now) {
  if (state == state_) return {};
  Change change{state_, state, std::move(reason)};
  state_ = state;
  reason_ = change.reason;
  since_ = now;
  return change;
}

bool Health::wants_probes() const { return probes() && order_ != Order::disable; }

// Results contradict the state; or it has just gone out, and most of those that do are back soon.
bool Health::changing(Instant now) const {
  if (found_ == State::healthy) return failures_ > 0;
  return found_ == State::unhealthy && (passes_ > 0 || now - since_ < config_.interval);
}

Instant Health::next_probe(Instant now, Random& random) const {
  if (found_ == State::checking || doubted_) {
    const auto most = static_cast<double>(std::min(kSoon, config_.interval).count());
    return saturating_add(now, Duration(static_cast<int64_t>(most * random.unit())));
  }
  const Duration interval =
      changing(now) ? std::min(config_.fast_interval, config_.interval) : config_.interval;
  const double jitter = 0.9 + 0.2 * random.unit();
  return saturating_add(
      now, Duration(static_cast<int64_t>(static_cast<double>(interval.count()) * jitter)));
}

}  // namespace fairlead::core

#include "core/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fairlead::core {
namespace {

// The first probes of many backends, and those after a doubt, spread over this much.
constexpr Duration kSoon = 100ms;

std::string_view words_for(Code code) {
  switch (code) {
    case Code::refused: return "connection refused";
    case Code::not_found: return "no such socket";
    case Code::unreachable: return "address unreachable";
    case Code::connect_timeout: return "connect timed out";
    case Code::tls_handshake: return "TLS handshake failed";
    case Code::reset: return "connection reset";
    case Code::closed: return "connection closed too early";
    case Code::timeout: return "no response in time";
    case Code::malformed: return "malformed response";
    default: return name_of(code);
  }
}

constexpr std::string_view kNotProbed = "not probed yet";
constexpr std::string_view kProbesOff = "health checks are off";
constexpr std::string_view kNoErrors = "too few errors to matter";

}  // namespace

std::string words_for(const Outcome& error) {
  return error.failed ? std::string(words_for(*error.failed))
                      : fmt::format("status {}", error.status);
}

Health::Health(const ProbeConfig& probe, const PassiveConfig& passive, Instant now)
    : config_(probe),
      passive_(passive),
      probes_(has_probes() ? Fact{State::checking, std::string(kNotProbed)}
                           : Fact{State::healthy, std::string(kProbesOff)}),
      traffic_{State::healthy, std::string(kNoErrors)},
      orders_{State::healthy, {}},
      state_(probes_.state),
      reason_(probes_.why),
      since_(now) {}

std::optional<Change> Health::step(const HealthEvent& event, Instant now) {
  return std::visit([&](const auto& what) { return on(what, now); }, event);
}

// ---- probes, and connects that count as probes ------------------------------------------------

std::optional<Change> Health::on(const ProbePassed& event, Instant now) {
  if (!wants_probes()) return {};  // begun before an order or a reload
  failures_ = 0;
  seen_failures_ = 0;
  doubted_ = false;
  last_pass_ = now;
  if (event.says == State::draining) return leave(event.words, now);
  ++passes_;
  plain_passes_ = event.says == State::degraded ? 0 : plain_passes_ + 1;
  if (serves(probes_.state)) return pass_while_in(event, now);
  const std::string but = event.says == State::degraded ? ", degraded: " + event.words : "";
  if (probes_.state == State::checking) return find(event.says, "first probe passed" + but, now);
  const uint32_t needed = hold_down_.passes_needed(config_.healthy_threshold);
  if (passes_ < needed) return {};
  const auto* how = probes_.state == State::draining ? " without its word to leave" : "";
  const std::string held = hold_down_.doublings() == 0 ? "" : ", so many for it goes out often";
  return find(event.says, fmt::format("{0} of {0} probes passed{1}{2}{3}", passes_, how, held, but),
              now);
}

// It knows best: one word is enough, whatever is known of it otherwise.
std::optional<Change> Health::leave(const std::string& words, Instant now) {
  passes_ = 0;
  plain_passes_ = 0;
  if (probes_.state == State::draining) return {};
  return find(State::draining, "draining by its own word: " + words, now);
}

std::optional<Change> Health::pass_while_in(const ProbePassed& event, Instant now) {
  hold_down_.passed();
  if (event.says == State::degraded) {
    if (probes_.state == State::degraded) return {};
    return find(State::degraded, "its probe says degraded: " + event.words, now);
  }
  if (probes_.state == State::healthy || plain_passes_ < config_.healthy_threshold) return {};
  return find(State::healthy, fmt::format("{0} of {0} probes passed", plain_passes_), now);
}

std::optional<Change> Health::on(const ProbeFailed& event, Instant now) {
  if (!wants_probes()) return {};
  doubted_ = false;
  if (probes_.state == State::checking) {
    ++failures_;
    return find(State::unhealthy, "first probe failed: " + event.reason, now);
  }
  return fail(event.reason, now);
}

std::optional<Change> Health::on(const ConnectFailed& event, Instant now) {
  if (!passive_.on) return {};
  if (!has_probes()) return penalise(event.code, now);
  if (event.began < last_pass_) return {};
  doubted_ = true;
  if (event.code == Code::refused || event.code == Code::not_found) {
    passes_ = 0;
    plain_passes_ = 0;
    if (may_fail()) return {};
    return find(State::unhealthy, fmt::format("{} to traffic", words_for(event.code)), now);
  }
  ++seen_failures_;
  return fail(fmt::format("{} for traffic", words_for(event.code)), now);
}

std::optional<Change> Health::fail(const std::string& what, Instant now) {
  passes_ = 0;
  plain_passes_ = 0;
  ++failures_;
  hold_down_.failed();
  if (may_fail() || failures_ < config_.unhealthy_threshold) return {};
  const auto* tries = seen_failures_ > 0 ? "probes and connects" : "probes";
  return find(State::unhealthy, fmt::format("{0} of {0} {1} failed: {2}", failures_, tries, what),
              now);
}

bool Health::may_fail() const {
  return probes_.state == State::unhealthy ||
         (probes_.state == State::draining && drained_.empty());
}

std::optional<Change> Health::penalise(Code code, Instant now) {
  if (probes_.state == State::unhealthy) return {};
  penalty_ends_ = saturating_add(now, kPenalty);
  return find(
      State::unhealthy,
      fmt::format("{} to traffic; no new work for {:.0f} s", words_for(code), to_seconds(kPenalty)),
      now);
}

// ---- traffic ----------------------------------------------------------------------------------

std::optional<Change> Health::on(const Eject& event, Instant now) {
  const bool is_out = probes_.state == State::unhealthy || traffic_.state == State::ejected;
  if (!passive_.on || is_out || is_to_finish(state_)) return {};
  ejected_for_ = sentence_.begin(passive_.eject_for, now);
  ejected_until_ = saturating_add(now, ejected_for_);
  return meet(State::ejected,
              fmt::format("{}; out for {:.3g} s, ejection {}", event.why, to_seconds(ejected_for_),
                          sentence_.count()),
              now);
}

std::optional<Change> Health::on(const Rated& event, Instant now) {
  const bool is_out = probes_.state == State::unhealthy || traffic_.state == State::ejected;
  if (!passive_.on || is_out) return {};
  traffic_share_ = event.share;
  if (event.degraded == is_degraded_by_traffic()) return {};
  return meet(event.degraded ? State::degraded : State::healthy, event.why, now);
}

std::optional<Change> Health::on(const Woke&, Instant now) {
  std::optional<Change> change;
  if (now >= ejected_until_) {
    ejected_until_ = kNever;
    sentence_.end(now);
    change = meet(State::healthy,
                  fmt::format("its ejection of {:.3g} s is over", to_seconds(ejected_for_)), now);
  }
  if (now >= penalty_ends_) {
    penalty_ends_ = kNever;
    change = find(State::healthy,
                  fmt::format("{:.0f} s after a failed connect", to_seconds(kPenalty)), now);
  }
  return change;
}

// ---- orders and configurations ----------------------------------------------------------------

std::optional<Change> Health::on(const Order& order, Instant now) {
  const State before = orders_.state;
  if (order == Order::drain) orders_ = {State::draining, "draining by order"};
  if (order == Order::disable) orders_ = {State::disabled, "disabled by order"};
  if (order == Order::enable) orders_ = {};
  if (before == State::disabled && order != Order::disable) forget();
  if (order != Order::enable) return settle(orders_, now);
  if (before == State::healthy) return {};
  const Fact& found = worst_found();
  return settle({found.state, "enabled by order; " + found.why}, now);
}

// The state stays what it is: only why it is so has an end to tell.
std::optional<Change> Health::on(const Drained& event, Instant) {
  if (!is_to_finish(state_)) return {};  // back meanwhile
  drained_ = event.words;
  reason_ = told(worst());
  return {};
}

std::string Health::told(const Fact& fact) const {
  if (drained_.empty()) return fact.why;
  return orders_.state == State::draining ? drained_ : fact.why + "; " + drained_;
}

// What was known before a time without work and probes says nothing of now.
void Health::forget() {
  begin_streaks_anew();
  ejected_until_ = kNever;
  traffic_ = {State::healthy, std::string(kNoErrors)};
  if (has_probes()) probes_ = {State::checking, std::string(kNotProbed)};
}

void Health::begin_streaks_anew() {
  passes_ = 0;
  plain_passes_ = 0;
  failures_ = 0;
  seen_failures_ = 0;
}

std::optional<Change> Health::configure(const ProbeConfig& probe, Instant now) {
  const bool had_probes = has_probes();
  config_ = probe;
  if (!has_probes() && !had_probes) return {};
  begin_streaks_anew();
  penalty_ends_ = kNever;
  doubted_ = has_probes() && !had_probes;
  if (has_probes()) return {};
  return find(State::healthy, std::string(kProbesOff), now);
}

std::optional<Change> Health::configure(const PassiveConfig& passive, Instant now) {
  passive_ = passive;
  if (passive_.on || traffic_.state == State::healthy) return {};
  ejected_until_ = kNever;
  return meet(State::healthy, "passive checks are off", now);
}

// ---- the state --------------------------------------------------------------------------------

std::optional<Change> Health::find(State state, std::string why, Instant now) {
  if (state == State::unhealthy) {
    hold_down_.went_out();
    // Of a backend that is gone: whoever comes back is judged anew.
    if (is_degraded_by_traffic()) traffic_ = {State::healthy, std::string(kNoErrors)};
  }
  probes_ = {state, std::move(why)};
  return settle(probes_, now);
}

std::optional<Change> Health::meet(State state, std::string why, Instant now) {
  traffic_ = {state, std::move(why)};
  return settle(traffic_, now);
}

std::optional<Change> Health::settle(const Fact& changed, Instant now) {
  const Fact& acting = worst();
  if (acting.state == state_) {
    if (is_to_finish(state_)) reason_ = told(acting);  // by order now, or by its word alone
    return {};
  }
  Change change{state_, acting.state, changed.state == acting.state ? changed.why : acting.why};
  state_ = acting.state;
  reason_ = change.reason;
  drained_.clear();
  since_ = now;
  return change;
}

uint8_t Health::share() const {
  const uint8_t probed = probes_.state == State::degraded ? kDegradedShare : 100;
  return is_degraded_by_traffic() ? std::min(probed, traffic_share_) : probed;
}

// ---- when to probe ----------------------------------------------------------------------------

bool Health::wants_probes() const { return has_probes() && orders_.state != State::disabled; }

// Results contradict the state; or it has just gone out, and most of those that do are back soon.
bool Health::changing(Instant now) const {
  if (serves(probes_.state)) return failures_ > 0;
  return probes_.state == State::unhealthy && (passes_ > 0 || now - since_ < config_.interval);
}

Instant Health::next_probe(Instant now, Random& random) const {
  if (probes_.state == State::checking || doubted_) {
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

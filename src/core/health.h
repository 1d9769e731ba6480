// Health: the state of one backend, from probes, from what traffic met, and from orders.
//
// Pure: step(event, now) says what changed, the controller probes, logs and publishes. Three facts
// are kept apart, and the state is the worst of them: none hides another. Who may take a backend
// out, and who may bring it back:
//
//   fact      takes out                                    brings back
//   probes    first probe failed: unhealthy                first probe passed
//             unhealthy_threshold failures: unhealthy      healthy_threshold passes, more of them
//             (a connect of traffic that timed out counts)   for one that flaps (hold_down.h)
//             a connect of traffic refused: at once        the same
//             the probe's word: degraded                   healthy_threshold passes without it
//             the probe's word: draining, at once          the same; more for one that flaps
//   traffic   Eject: consecutive errors, error rate,       the end of the ejection, longer each
//             outlier: ejected                               time (sentence.h); nothing earlier
//             Rated: error rate: degraded                  Rated again
//   orders    drain: draining; disable: disabled           enable; after disabled, checking
//
// Without probes, a failed connect means unhealthy for kPenalty. `passive: off` leaves out
// all that traffic says. Failures and passes count in a row. A failed connect that began before the
// last passed probe is old news and ignored; what traffic meets at one that is unhealthy already
// changes no state, and brings the next probe sooner. Whoever leaves by its own word may close its
// port first: until its work has ended, failures change nothing. An order goes before the word, and
// ends without ending it. While a change is under way, probes come faster (`fast_interval`).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/instant.h"
#include "base/random.h"
#include "base/result.h"
#include "core/config/config.h"
#include "core/hold_down.h"
#include "core/outcome.h"
#include "core/outlier.h"
#include "core/sentence.h"
#include "core/state.h"

namespace fairlead::core {

struct ProbePassed {
  // What the answer says of the backend: healthy, degraded (it works, but not well) or draining (it
  // wants to leave).
  State says = State::healthy;
  std::string words = {};  // how it said so: "status 200, header x-health is `degraded`"
};
struct ProbeFailed {
  std::string reason;  // for people: "connect timed out after 5.0 s", "status 500"
};
// A connect for traffic failed. REQUIRES: is_connect_failure(code).
struct ConnectFailed {
  Code code = Code::refused;
  Instant began;
};
// Traffic met too many errors, and the pool can do without it (may_eject).
struct Eject {
  EjectReason reason = EjectReason::consecutive_errors;
  std::string why;  // "5 errors in a row, last: status 503"
};
// What its error rate says now.
struct Rated {
  bool degraded = false;
  uint8_t share = 100;  // percent, if degraded
  std::string why = {};
};
enum class Order : uint8_t { enable, drain, disable };
// The work at a backend that is to finish has ended.
struct Drained {
  std::string words;  // "drained", "drained: 3 were cut off after 30 s"
};
// The time that wake() named has come.
struct Woke {};

using HealthEvent =
    std::variant<ProbePassed, ProbeFailed, ConnectFailed, Eject, Rated, Order, Drained, Woke>;

// A change of state, as the log, the API and the events tell it.
struct Change {
  State from = State::checking;
  State to = State::checking;
  std::string reason;  // "3 of 3 probes failed: connect timed out after 5.0 s"
};

// What an outcome that is an error was, for people: "status 503", "connection refused".
std::string words_for(const Outcome& error);

class Health {
 public:
  // How long a failed connect keeps a backend out where no probe can bring it back: long enough to
  // spare most requests a retry, short enough to be no outage of its own.
  static constexpr Duration kPenalty = 5s;
  // Of a backend whose probe says that it is degraded, in percent.
  static constexpr uint8_t kDegradedShare = 50;

  // Checking, or healthy where probes are off.
  Health(const ProbeConfig& probe, const PassiveConfig& passive, Instant now);

  // Nothing: the state is what it was.
  std::optional<Change> step(const HealthEvent& event, Instant now);

  // Obeys another configuration, after a reload. The state survives, streaks begin anew; what is
  // turned off is well. For the same configuration, do not call it.
  std::optional<Change> configure(const ProbeConfig& probe, Instant now);
  std::optional<Change> configure(const PassiveConfig& passive, Instant now);

  State state() const { return state_; }
  Instant since() const { return since_; }               // when the state began
  const std::string& reason() const { return reason_; }  // why; never empty
  // By order: healthy (none acts), draining or disabled.
  State ordered() const { return orders_.state; }
  // Whether it does its work, as far as probes and traffic know, whatever an order or its own wish
  // to leave says.
  bool is_sound() const {
    return serves(traffic_.state) && (serves(probes_.state) || probes_.state == State::draining);
  }
  // Percent of its weight that health leaves it while it serves: kLeastShare to 100.
  uint8_t share() const;
  // By its error rate.
  bool is_degraded_by_traffic() const { return traffic_.state == State::degraded; }
  // The end of the ejection that lasts now; kNever: none does.
  Instant ejected_until() const { return ejected_until_; }

  // Whether probes are due at all: not where they are off, nor while disabled.
  bool wants_probes() const;
  // When to probe next, asked after each result, at the start, and after any change or failed
  // connect: soon where nothing is known or traffic raised a doubt, else an interval of +-10 %, so
  // that backends (and instances) do not probe in step. REQUIRES: wants_probes().
  Instant next_probe(Instant now, Random& random) const;
  // When to send Woke; kNever: no need.
  Instant wake() const { return std::min(penalty_ends_, ejected_until_); }

 private:
  // What one source says, and why.
  struct Fact {
    State state = State::healthy;
    std::string why;
  };

  std::optional<Change> on(const ProbePassed& event, Instant now);
  std::optional<Change> on(const ProbeFailed& event, Instant now);
  std::optional<Change> on(const ConnectFailed& event, Instant now);
  std::optional<Change> on(const Eject& event, Instant now);
  std::optional<Change> on(const Rated& event, Instant now);
  std::optional<Change> on(const Order& order, Instant now);
  std::optional<Change> on(const Drained& event, Instant now);
  std::optional<Change> on(const Woke&, Instant now);
  std::optional<Change> leave(const std::string& words, Instant now);
  std::optional<Change> pass_while_in(const ProbePassed& event, Instant now);
  // One failure more in a row.
  std::optional<Change> fail(const std::string& what, Instant now);
  std::optional<Change> penalise(Code code, Instant now);
  // Failures change nothing: it is out already, or leaves and may fail.
  bool may_fail() const;
  void forget();
  void begin_streaks_anew();
  // Each sets one fact and settles the state.
  std::optional<Change> find(State state, std::string why, Instant now);
  std::optional<Change> meet(State state, std::string why, Instant now);
  // `changed` is the fact that did; where another is worse, the reason is that one's.
  std::optional<Change> settle(const Fact& changed, Instant now);
  const Fact& worst_found() const { return traffic_.state > probes_.state ? traffic_ : probes_; }
  // No fact is worse than an order.
  const Fact& worst() const { return orders_.state == State::healthy ? worst_found() : orders_; }
  // Why, and how its work has ended.
  std::string told(const Fact& fact) const;
  bool has_probes() const { return config_.kind != ProbeConfig::Kind::off; }
  bool changing(Instant now) const;

  ProbeConfig config_;
  PassiveConfig passive_;
  Fact probes_;   // anything but ejected and disabled; with the connects that count as probes
  Fact traffic_;  // healthy, degraded or ejected
  Fact orders_;   // healthy, draining or disabled
  State state_;   // the worst of them
  std::string reason_;
  std::string drained_;  // as Drained told it; empty: it works, or is at work still
  Instant since_;
  uint32_t passes_ = 0;         // in a row, none of which said draining
  uint32_t plain_passes_ = 0;   // those of them, in a row, that did not say degraded
  uint32_t failures_ = 0;       // in a row
  uint32_t seen_failures_ = 0;  // those of them that traffic saw
  HoldDown hold_down_;
  Sentence sentence_;
  uint8_t traffic_share_ = 100;
  bool doubted_ = false;  // traffic saw a failure that no probe has confirmed or refuted yet
  Instant last_pass_{};
  Instant penalty_ends_ = kNever;
  Instant ejected_until_ = kNever;
  Duration ejected_for_{};
};

}  // namespace fairlead::core

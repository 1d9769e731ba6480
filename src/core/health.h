// Health: the state of one backend, from probes, from connects that traffic saw fail, and orders.
//
// Pure: step(event, now) says what changed, the controller probes, logs and publishes. Who may take
// a backend out, and who may bring it back:
//
//   event                         probes on                          probes off
//   first probe passed / failed   healthy / unhealthy                -
//   unhealthy_threshold failures  unhealthy                          -
//   healthy_threshold passes      healthy                            -
//   connect refused by traffic    unhealthy at once: nobody listens  unhealthy for kPenalty
//   connect timed out,            counts as a failed probe           unhealthy for kPenalty
//     unreachable
//   drain, disable                draining, disabled                 the same
//   enable                        back to what probes say; after     healthy
//                                 disabled: checking
//
// Failures and passes count in a row. No flapping: what traffic took out comes back by probes alone
// (healthy_threshold of them), and a failed connect that began before the last passed probe is old
// news and ignored. While a change is under way, probes come faster (at most kFastInterval apart).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/instant.h"
#include "base/random.h"
#include "base/result.h"
#include "core/config/config.h"
#include "core/state.h"

namespace fairlead::core {

struct ProbePassed {};
struct ProbeFailed {
  std::string reason;  // for people: "connect timed out after 5.0 s", "status 500"
};
// A connect for traffic failed. REQUIRES: is_connect_failure(code).
struct ConnectFailed {
  Code code = Code::refused;
  Instant began;
};
enum class Order : uint8_t { enable, drain, disable };
// The time that wake() named has come.
struct Woke {};

using HealthEvent = std::variant<ProbePassed, ProbeFailed, ConnectFailed, Order, Woke>;

// A change of state, as the log, the API and the events tell it.
struct Change {
  State from = State::checking;
  State to = State::checking;
  std::string reason;  // "3 of 3 probes failed: connect timed out after 5.0 s"
};

class Health {
 public:
  // How long a failed connect keeps a backend out where no probe can bring it back: long enough to
  // spare most requests a retry, short enough to be no outage of its own.
  static constexpr Duration kPenalty = 5s;
  // Between probes while results contradict the state, and for one interval behind going unhealthy:
  // a restart is noticed in seconds.
  static constexpr Duration kFastInterval = 1s;

  // Checking, or healthy where probes are off.
  Health(const ProbeConfig& config, Instant now);

  // Nothing: the state is what it was.
  std::optional<Change> step(const HealthEvent& event, Instant now);

  // Obeys another configuration, after a reload. The state survives, streaks begin anew; a backend
  // whose probes were turned off is healthy. For the same configuration, do not call it.
  std::optional<Change> configure(const ProbeConfig& config, Instant now);

  State state() const { return state_; }
  Instant since() const { return since_; }               // when the state began
  const std::string& reason() const { return reason_; }  // why; never empty

  // Whether probes are due at all: not where they are off, nor while disabled.
  bool wants_probes() const;
  // When to probe next, asked after each result, at the start, and after any change or failed
  // connect: soon where nothing is known or traffic raised a doubt, else an interval of +-10 %, so
  // that backends (and instances) do not probe in step. REQUIRES: wants_probes().
  Instant next_probe(Instant now, Random& random) const;
  // When to send Woke; kNever: no need.
  Instant wake() const { return penalty_ends_; }

 private:
  std::optional<Change> on(const ProbePassed&, Instant now);
  std::optional<Change> on(const ProbeFailed& event, Instant now);
  std::optional<Change> on(const ConnectFailed& event, Instant now);
  std::optional<Change> on(const Order& order, Instant now);
  std::optional<Change> on(const Woke&, Instant now);
  // One failure more in a row.
  std::optional<Change> fail(std::string what, Instant now);
  std::optional<Change> penalise(Code code, Instant now);
  void forget();
  // What probes and traffic say, whatever the orders are.
  std::optional<Change> find(State found, std::string reason, Instant now);
  std::optional<Change> become(State state, std::string reason, Instant now);
  bool probes() const { return config_.kind != ProbeConfig::Kind::off; }
  bool changing(Instant now) const;

  ProbeConfig config_;
  State found_;  // by probes and traffic: checking, healthy or unhealthy
  std::string found_why_;
  Order order_ = Order::enable;
  State state_;  // found_, unless an order stands above it
  std::string reason_;
  Instant since_;
  uint32_t passes_ = 0;         // in a row
  uint32_t failures_ = 0;       // in a row
  uint32_t seen_failures_ = 0;  // those of them that traffic saw
  bool doubted_ = false;        // traffic saw a failure that no probe has confirmed or refuted yet
  Instant last_pass_{};
  Instant penalty_ends_ = kNever;
};

}  // namespace fairlead::core

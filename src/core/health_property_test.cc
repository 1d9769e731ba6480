// What holds after any events whatever.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/health.h"
#include "core/slow_start.h"
#include "core/test_health.h"

namespace fairlead::core {
namespace {

// The three facts, kept by the plainest rules that could be: the slow twin of Health. Of probes it
// knows only failures, for what brings a flapping backend back is HoldDown's.
struct Twin {
  State probes = State::healthy;
  State traffic = State::healthy;
  State order = State::healthy;

  bool finished = false;  // what it was to finish

  State worst() const { return std::max({probes, traffic, order}); }
  void probe_failed() {
    if (order == State::disabled || (probes == State::draining && !finished)) return;
    probes = State::unhealthy;
    if (traffic == State::degraded) traffic = State::healthy;
  }
  void give(State to) {
    if (order == State::disabled && to != State::disabled) {
      probes = State::checking;
      traffic = State::healthy;
    }
    order = to;
  }
  void step(char event) {
    const State before = worst();
    take(event);
    if (worst() != before) finished = false;
  }
  void take(char event) {
    const bool in = probes != State::unhealthy && traffic != State::ejected;
    switch (event) {
      case '-': return probe_failed();
      case 'q': probes = order == State::disabled ? probes : State::draining; return;
      case 'f': finished = worst() >= State::draining; return;
      case 'd': return give(State::draining);
      case 'x': return give(State::disabled);
      case 'e': return give(State::healthy);
      case 'h': traffic = in ? State::degraded : traffic; return;
      case 'l': traffic = in ? State::healthy : traffic; return;
      case 'E': traffic = in && worst() < State::draining ? State::ejected : traffic; return;
      default: return;
    }
  }
};

rc::Gen<std::string> events(std::string letters) {
  return rc::gen::container<std::string>(rc::gen::elementOf(letters));
}

TEST(HealthProperty, TheStateIsTheWorstOfTheFacts) {
  EXPECT_TRUE(rc::check("worst of the facts", [] {
    PassiveConfig traffic = passive();
    traffic.eject_for = 1h;  // none ends
    Health health(thresholds(1, 1), traffic, kStart);
    health.step(ProbePassed{}, kStart);
    Twin twin;
    for (const char event : *events("-qfEhldxew")) {
      health.step(event_of(event, kStart), kStart);
      twin.step(event);
      RC_ASSERT(health.state() == twin.worst());
    }
  }));
}

TEST(HealthProperty, WhoServesHasAShareAndWhoIsOutHasAWayBack) {
  EXPECT_TRUE(rc::check("shares and ways back", [] {
    const auto story = *events("+-gqfrtoEhlwdxe");
    Health health(thresholds(*rc::gen::inRange(1, 4), *rc::gen::inRange(1, 4)), passive(), kStart);
    Instant now = kStart;
    for (const char event : story) {
      now += 100ms * *rc::gen::inRange(0, 50);
      health.step(event_of(event, now), now);
      RC_ASSERT(health.share() >= kLeastShare);
      RC_ASSERT(health.share() <= 100);
      RC_ASSERT(!health.reason().empty());
      if (health.state() == State::ejected) RC_ASSERT(health.wake() < kNever);
    }
    health.step(Order::enable, now);
    for (int i = 0; i < 100; ++i) health.step(ProbePassed{}, now += 1s);
    health.step(Woke{}, now + 1h);
    health.step(Rated{false, 100, "well"}, now);
    RC_ASSERT(health.state() == State::healthy);
    RC_ASSERT(health.share() == 100);
  }));
}

TEST(HealthProperty, NoEjectionLastsLongerThanTenTimesTheFirst) {
  EXPECT_TRUE(rc::check("bounded sentences", [] {
    Sentence sentence;
    Instant now = kStart;
    for (int i = *rc::gen::inRange(1, 40); i > 0; --i) {
      now += 1s * *rc::gen::inRange(0, 100);
      const Duration span = sentence.begin(30s, now);
      RC_ASSERT(span >= 30s);
      RC_ASSERT(span <= 300s);
      sentence.end(now += span);
    }
  }));
}

}  // namespace
}  // namespace fairlead::core

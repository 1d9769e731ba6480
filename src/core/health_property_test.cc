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

// The three facts, kept by the plainest rules that could be: the slow twin of Health, without
// degraded probes and without flapping.
struct Twin {
  State probes = State::checking;
  State traffic = State::healthy;
  State order = State::healthy;

  State worst() const { return std::max({probes, traffic, order}); }
};

rc::Gen<std::string> events(std::string letters) {
  return rc::gen::container<std::string>(rc::gen::elementOf(letters));
}

TEST(HealthProperty, TheStateIsTheWorstOfTheFacts) {
  EXPECT_TRUE(rc::check("worst of the facts", [] {
    const auto story = *events("+-Ehldxew");
    PassiveConfig traffic = passive();
    traffic.eject_for = 1h;  // none ends
    Health health(thresholds(1, 1), traffic, kStart);
    Twin twin;
    for (const char event : story) {
      const State before = twin.probes;
      health.step(event_of(event, kStart), kStart);
      switch (event) {
        case 'd':
        case 'x':
        case 'e': {
          const bool was_off = twin.order == State::disabled;
          twin.order = event == 'd'   ? State::draining
                       : event == 'x' ? State::disabled
                                      : State::healthy;
          if (was_off && event != 'x') twin = {State::checking, State::healthy, twin.order};
          break;
        }
        case '+':
        case '-':
          // Flapping makes a pass count late, and then the twin follows.
          if (twin.order == State::disabled) break;
          twin.probes = event == '-' ? State::unhealthy : State::healthy;
          if (event == '+' && before == State::unhealthy && health.state() >= State::unhealthy)
            twin.probes = State::unhealthy;
          if (twin.probes == State::unhealthy && twin.traffic == State::degraded)
            twin.traffic = State::healthy;
          break;
        case 'E':
          if (twin.order == State::healthy && twin.probes != State::unhealthy)
            twin.traffic = State::ejected;
          break;
        case 'h':
        case 'l':
          if (twin.traffic != State::ejected && twin.probes != State::unhealthy)
            twin.traffic = event == 'h' ? State::degraded : State::healthy;
          break;
        default: break;
      }
      // Under an order, it cannot be seen whether a held-down backend has come back.
      if (twin.order != State::healthy && before == State::unhealthy && event == '+') return;
      RC_ASSERT(health.state() == twin.worst());
    }
  }));
}

TEST(HealthProperty, WhoServesHasAShareAndWhoIsOutHasAWayBack) {
  EXPECT_TRUE(rc::check("shares and ways back", [] {
    const auto story = *events("+-grtoEhlwdxe");
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

#include "core/health.h"

#include <gtest/gtest.h>

#include "core/test_health.h"

namespace fairlead::core {
namespace {

TEST(Health, TheFirstProbeDecides) {
  EXPECT_EQ(states(thresholds(2, 3), "+"), "U");
  EXPECT_EQ(states(thresholds(2, 3), "-"), "D");
}

TEST(Health, ThresholdsCountInARow) {
  EXPECT_EQ(states(thresholds(2, 2), "++-+--"), "UUUUUD");
  EXPECT_EQ(states(thresholds(2, 3), "+--+---"), "UUUUUUD");
  EXPECT_EQ(states(thresholds(2, 3), "+---+-++"), "UUUDDDDU");
  EXPECT_EQ(states(thresholds(1, 1), "+-+-"), "UDUD");
  EXPECT_EQ(states(thresholds(2, 3), "-++"), "DDU");
}

TEST(Health, AlternatingResultsDoNotFlap) {
  EXPECT_EQ(states(thresholds(2, 3), "+-+-+-+-+-"), "UUUUUUUUUU");
  EXPECT_EQ(states(thresholds(2, 3), "-+-+-+-+-"), "DDDDDDDDD");
}

TEST(Health, RefusedTrafficTakesItOutAtOnceAndProbesBringItBack) {
  EXPECT_EQ(states(thresholds(2, 3), "+r++"), "UDDU");
  EXPECT_EQ(states(thresholds(2, 3), "+r+r++"), "UDDDDU");
  EXPECT_EQ(states(thresholds(2, 3), "r"), "D");
}

TEST(Health, ASlowConnectCountsAsAFailedProbe) {
  EXPECT_EQ(states(thresholds(2, 3), "+t-t"), "UUUD");
  EXPECT_EQ(states(thresholds(2, 3), "+tt+tt"), "UUUUUU");
  EXPECT_EQ(states(thresholds(2, 3), "ttt"), "??D");
}

TEST(Health, WhatBeganBeforeTheLastPassedProbeIsOldNews) {
  EXPECT_EQ(states(thresholds(2, 1), "+o"), "UU");
  EXPECT_EQ(states(thresholds(2, 1), "+t"), "UD");
}

TEST(Health, OrdersStandAboveProbes) {
  EXPECT_EQ(states(thresholds(2, 3), "+d---e"), "UddddD");
  EXPECT_EQ(states(thresholds(2, 3), "+dd+e"), "UdddU");
  EXPECT_EQ(states(thresholds(2, 3), "+dxd"), "Udxd");
}

TEST(Health, AfterDisabledItIsCheckedAnew) {
  EXPECT_EQ(states(thresholds(2, 3), "+x---e-"), "Uxxxx?D");
  EXPECT_EQ(states(thresholds(2, 3), "+xde+"), "Uxd?U");
}

TEST(Health, WithoutProbesItIsHealthyButForAShortTimeAfterAFailedConnect) {
  EXPECT_EQ(states(probes_off(), "+-"), "UU");
  EXPECT_EQ(states(probes_off(), "rw"), "DD");
  EXPECT_EQ(states(probes_off(), "rwwwww"), "DDDDDU");
  EXPECT_EQ(states(probes_off(), "trrrrw"), "DDDDDU");
  EXPECT_EQ(states(probes_off(), "xe"), "xU");
}

TEST(Health, NamesWhenToWakeIt) {
  Health health(probes_off(), passive(), kStart);
  EXPECT_EQ(health.wake(), kNever);
  health.step(ConnectFailed{Code::refused, kStart}, kStart);
  EXPECT_EQ(health.wake(), kStart + Health::kPenalty);
  health.step(Woke{}, health.wake());
  EXPECT_EQ(health.wake(), kNever);
}

TEST(Health, SaysWhyWithItsNumbers) {
  Health health(ProbeConfig{}, passive(), kStart);
  EXPECT_EQ(health.reason(), "not probed yet");
  EXPECT_EQ(health.step(ProbePassed{}, kStart)->reason, "first probe passed");
  const ProbeFailed failed{"connect timed out after 5.0 s"};
  health.step(failed, kStart);
  health.step(failed, kStart);
  EXPECT_EQ(health.step(failed, kStart)->reason,
            "3 of 3 probes failed: connect timed out after 5.0 s");
  EXPECT_EQ(health.reason(), "3 of 3 probes failed: connect timed out after 5.0 s");
  health.step(ProbePassed{}, kStart);
  EXPECT_EQ(health.step(ProbePassed{}, kStart)->reason, "2 of 2 probes passed");
  EXPECT_EQ(health.step(ConnectFailed{Code::refused, kStart}, kStart)->reason,
            "connection refused to traffic");
  Health other(ProbeConfig{}, PassiveConfig{}, kStart);
  EXPECT_EQ(other.step(ConnectFailed{Code::not_found, kStart}, kStart)->reason,
            "no such socket to traffic");
  EXPECT_EQ(health.step(Order::disable, kStart)->reason, "disabled by order");
  EXPECT_EQ(health.step(Order::enable, kStart)->reason, "enabled by order; not probed yet");
  EXPECT_EQ(health.step(failed, kStart)->reason,
            "first probe failed: connect timed out after 5.0 s");
}

TEST(Health, SaysWhenTrafficHelpedToFindOut) {
  Health health(ProbeConfig{}, passive(), kStart);
  health.step(ProbePassed{}, kStart);
  health.step(ProbeFailed{"x"}, kStart);
  health.step(ProbeFailed{"x"}, kStart);
  EXPECT_EQ(health.step(ConnectFailed{Code::connect_timeout, kStart}, kStart)->reason,
            "3 of 3 probes and connects failed: connect timed out for traffic");
}

TEST(Health, ProbesSoonThenAtTheIntervalWithJitter) {
  Random random(1);
  Health health(ProbeConfig{}, passive(), kStart);
  EXPECT_LT(health.next_probe(kStart, random), kStart + 100ms);
  health.step(ProbePassed{}, kStart);
  Instant least = kNever, most = kStart;
  for (int i = 0; i < 1000; ++i) {
    const Instant next = health.next_probe(kStart, random);
    least = std::min(least, next);
    most = std::max(most, next);
  }
  EXPECT_GE(least, kStart + 9s);
  EXPECT_LT(least, kStart + 9100ms);
  EXPECT_LT(most, kStart + 11s);
  EXPECT_GT(most, kStart + 10900ms);
}

TEST(Health, ProbesFasterWhileAChangeIsUnderWay) {
  Random random(1);
  Health health(ProbeConfig{}, passive(), kStart);
  health.step(ProbePassed{}, kStart);
  health.step(ProbeFailed{"x"}, kStart);
  EXPECT_LT(health.next_probe(kStart, random), kStart + 1200ms);
  health.step(ProbePassed{}, kStart);
  EXPECT_GT(health.next_probe(kStart, random), kStart + 8s);
  health.step(ConnectFailed{Code::refused, kStart}, kStart);
  EXPECT_LT(health.next_probe(kStart, random), kStart + 100ms);
  health.step(ProbeFailed{"x"}, kStart);
  // Most backends that go out are back soon; one that is not is asked in the usual interval.
  EXPECT_LT(health.next_probe(kStart + 9s, random), kStart + 9s + 1200ms);
  EXPECT_GT(health.next_probe(kStart + 10s, random), kStart + 10s + 8s);
  health.step(ProbePassed{}, kStart + 20s);
  EXPECT_LT(health.next_probe(kStart + 20s, random), kStart + 20s + 1200ms);
}

TEST(Health, AShortIntervalIsNeverMadeLonger) {
  Random random(1);
  ProbeConfig config;
  config.interval = 50ms;
  Health health(config, passive(), kStart);
  EXPECT_LT(health.next_probe(kStart, random), kStart + 50ms);
  health.step(ProbePassed{}, kStart);
  health.step(ProbeFailed{"x"}, kStart);
  EXPECT_LT(health.next_probe(kStart, random), kStart + 60ms);
}

TEST(Health, WantsNoProbesWhenOffOrDisabled) {
  EXPECT_FALSE(Health(probes_off(), passive(), kStart).wants_probes());
  Health health(ProbeConfig{}, passive(), kStart);
  EXPECT_TRUE(health.wants_probes());
  health.step(Order::drain, kStart);
  EXPECT_TRUE(health.wants_probes());
  health.step(Order::disable, kStart);
  EXPECT_FALSE(health.wants_probes());
}

TEST(Health, TellsThatItIsDrainedWithoutAChangeOfState) {
  Health health(ProbeConfig{}, passive(), kStart);
  health.step(ProbePassed{}, kStart);
  EXPECT_EQ(health.step(Order::drain, kStart)->reason, "draining by order");
  EXPECT_EQ(health.ordered(), State::draining);
  EXPECT_FALSE(health.step(Drained{"drained"}, kStart + 3s));
  EXPECT_EQ(health.state(), State::draining);
  EXPECT_EQ(health.since(), kStart);
  EXPECT_EQ(health.reason(), "drained");
  EXPECT_EQ(health.step(Order::enable, kStart + 4s)->to, State::healthy);
  EXPECT_FALSE(health.step(Drained{"drained"}, kStart + 5s));
  EXPECT_EQ(health.reason(), "enabled by order; first probe passed");
}

TEST(Health, SaysByWhichWordItLeavesAndThatItsWorkHasEnded) {
  Health health(ProbeConfig{}, passive(), kStart);
  health.step(ProbePassed{}, kStart);
  const ProbePassed word{State::draining, "status 200, header x-health is `draining`"};
  EXPECT_EQ(health.step(word, kStart)->reason,
            "draining by its own word: status 200, header x-health is `draining`");
  EXPECT_EQ(health.ordered(), State::healthy);
  health.step(Drained{"drained: 1 was cut off after 5 s"}, kStart);
  EXPECT_EQ(
      health.reason(),
      "draining by its own word: status 200, header x-health is `draining`; drained: 1 was cut "
      "off after 5 s");
  health.step(ProbePassed{}, kStart);
  EXPECT_EQ(health.step(ProbePassed{}, kStart)->reason,
            "2 of 2 probes passed without its word to leave");
  EXPECT_FALSE(health.step(Drained{"drained"}, kStart));
  EXPECT_EQ(health.reason(), "2 of 2 probes passed without its word to leave");
}

TEST(Health, AnOrderGoesBeforeItsWordAndEndsWithoutEndingIt) {
  Health health(ProbeConfig{}, passive(), kStart);
  const auto reason_after = [&](const HealthEvent& event) {
    health.step(event, kStart);
    return health.reason();
  };
  const ProbePassed word{State::draining, "status 404"};
  EXPECT_EQ(reason_after(word), "draining by its own word: status 404");
  EXPECT_EQ(reason_after(Order::drain), "draining by order");
  EXPECT_EQ(reason_after(Drained{"drained"}), "drained");
  EXPECT_EQ(reason_after(Order::enable), "draining by its own word: status 404; drained");
  EXPECT_EQ(reason_after(Order::disable), "disabled by order");
  EXPECT_EQ(reason_after(Order::enable), "enabled by order; not probed yet");
  EXPECT_EQ(reason_after(word), "draining by its own word: status 404");
}

TEST(Health, ComesBackFromItsWordWhenAReloadNoMoreHearsIt) {
  Health health(thresholds(1, 1), passive(), kStart);
  health.step(ProbePassed{State::draining, "status 404"}, kStart);
  EXPECT_FALSE(health.configure(thresholds(2, 1), kStart));
  EXPECT_EQ(health.configure(probes_off(), kStart)->to, State::healthy);
}

TEST(Health, StaysDisabledBehindItsLastWork) {
  Health health(ProbeConfig{}, passive(), kStart);
  health.step(Order::disable, kStart);
  health.step(Drained{"drained"}, kStart);
  EXPECT_EQ(health.state(), State::disabled);
  EXPECT_EQ(health.reason(), "disabled by order; drained");
}

TEST(Health, SaysHowLongAnEjectionLastsAndWhichItIs) {
  Health health(probes_off(), PassiveConfig{}, kStart);
  const Eject eject{EjectReason::consecutive_errors, "5 errors in a row, last: status 503"};
  EXPECT_EQ(health.step(eject, kStart)->reason,
            "5 errors in a row, last: status 503; out for 30 s, ejection 1");
  EXPECT_EQ(health.wake(), kStart + 30s);
  EXPECT_FALSE(health.step(Woke{}, kStart + 29s));
  EXPECT_EQ(health.step(Woke{}, kStart + 30s)->reason, "its ejection of 30 s is over");
  EXPECT_EQ(health.wake(), kNever);
  EXPECT_EQ(health.step(eject, kStart + 31s)->reason,
            "5 errors in a row, last: status 503; out for 60 s, ejection 2");
}

TEST(Health, SaysThatAFlappingBackendIsHeldDown) {
  Health health(thresholds(1, 1), passive(), kStart);
  for (const char event : std::string_view("-+-+")) health.step(event_of(event, kStart), kStart);
  EXPECT_EQ(health.step(ProbePassed{}, kStart)->reason,
            "2 of 2 probes passed, so many for it goes out often");
}

TEST(Health, SharesShrinkWhileDegraded) {
  Health health(ProbeConfig{}, passive(), kStart);
  health.step(ProbePassed{}, kStart);
  EXPECT_EQ(health.share(), 100);
  health.step(Rated{true, 70, "x"}, kStart);
  EXPECT_EQ(health.share(), 70);
  health.step(Rated{true, 65, "x"}, kStart);
  EXPECT_EQ(health.share(), 65);
  health.step(ProbePassed{State::degraded, "x"}, kStart);
  EXPECT_EQ(health.share(), 50);
  health.step(Rated{false, 100, "x"}, kStart);
  EXPECT_EQ(health.share(), 50);
}

TEST(Health, AReloadKeepsAnEjection) {
  Health health(ProbeConfig{}, passive(), kStart);
  health.step(ProbePassed{}, kStart);
  health.step(Eject{EjectReason::error_rate, "x"}, kStart);
  EXPECT_FALSE(health.configure(PassiveConfig{}, kStart));
  EXPECT_FALSE(health.configure(thresholds(1, 1), kStart));
  EXPECT_EQ(health.state(), State::ejected);
  EXPECT_EQ(health.wake(), kStart + 3s);
  EXPECT_EQ(health.configure(passive_off(), kStart)->to, State::healthy);
  EXPECT_EQ(health.wake(), kNever);
}

TEST(Health, AReloadKeepsItsState) {
  Health health(thresholds(2, 1), passive(), kStart);
  health.step(ProbePassed{}, kStart);
  health.step(ProbeFailed{"x"}, kStart);
  EXPECT_FALSE(health.configure(thresholds(1, 1), kStart + 1s));
  EXPECT_EQ(health.state(), State::unhealthy);
  EXPECT_EQ(health.since(), kStart);
  EXPECT_EQ(health.configure(probes_off(), kStart + 2s)->to, State::healthy);
  EXPECT_FALSE(health.configure(thresholds(2, 3), kStart + 3s));
  Random random(1);
  EXPECT_LT(health.next_probe(kStart, random), kStart + 100ms);
}

}  // namespace
}  // namespace fairlead::core

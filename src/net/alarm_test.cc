#include "net/alarm.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"

namespace fairlead::net {
namespace {

constexpr Instant kStart(1000s);

struct Ringer : Waiter {
  explicit Ringer(AlarmWheel& wheel) : Waiter(&Ringer::on_ring), alarm(wheel) {}
  static void on_ring(Waiter& waiter) { ++static_cast<Ringer&>(waiter).rings; }

  Alarm alarm;
  int rings = 0;
};

struct Bench {
  AlarmWheel wheel{kStart};
  ReadyQueue ready;
  Instant now = kStart;

  void turn_at(Instant instant) {
    now = instant;
    wheel.turn(now, ready);
    ready.run();
  }
  // As a loop does it: sleeps until the wheel asks for a turn. When the ringer rang, or nothing.
  std::optional<Instant> run_until_ring(Ringer& ringer) {
    const int before = ringer.rings;
    while (ringer.rings == before) {
      const Instant next = wheel.next();
      if (next == kNever) return {};
      turn_at(next);
    }
    return now;
  }
};

TEST(Alarm, RingsLateByAtMostATickAndNeverEarly) {
  for (const Duration span :
       {Duration(0ns), Duration(1ns), Duration(1ms), Duration(15'999'999ns), Duration(16ms),
        Duration(16'000'001ns), Duration(100ms), Duration(1s), Duration(15s)}) {
    Bench bench;
    Ringer ringer(bench.wheel);
    ringer.alarm.start(kStart + span, ringer);
    const auto rang = bench.run_until_ring(ringer);
    ASSERT_TRUE(rang);
    EXPECT_GE(*rang, kStart + span);
    EXPECT_LE(*rang, kStart + span + AlarmWheel::kTick);
  }
}

TEST(Alarm, RingsOnce) {
  Bench bench;
  Ringer ringer(bench.wheel);
  ringer.alarm.start(kStart + 1s, ringer);
  EXPECT_FALSE(ringer.alarm.rang());
  bench.turn_at(kStart + 2s);
  EXPECT_TRUE(ringer.alarm.rang());
  bench.turn_at(kStart + 60s);
  EXPECT_EQ(ringer.rings, 1);
  EXPECT_EQ(bench.wheel.next(), kNever);
}

TEST(Alarm, StoppedDoesNotRing) {
  Bench bench;
  Ringer ringer(bench.wheel);
  ringer.alarm.start(kStart + 1s, ringer);
  ringer.alarm.stop();
  bench.turn_at(kStart + 2s);
  EXPECT_EQ(ringer.rings, 0);
}

TEST(Alarm, MovedLaterRingsLater) {
  Bench bench;
  Ringer ringer(bench.wheel);
  for (int i = 0; i < 100; ++i) {
    ringer.alarm.start(bench.now + 1s, ringer);
    bench.turn_at(bench.now + 500ms);
    ringer.alarm.stop();
  }
  EXPECT_EQ(ringer.rings, 0);
  ringer.alarm.start(bench.now + 1s, ringer);
  const Instant due = bench.now + 1s;
  const auto rang = bench.run_until_ring(ringer);
  ASSERT_TRUE(rang);
  EXPECT_GE(*rang, due);
  EXPECT_LE(*rang, due + AlarmWheel::kTick);
}

TEST(Alarm, MovedEarlierRingsEarlier) {
  Bench bench;
  Ringer ringer(bench.wheel);
  ringer.alarm.start(kStart + 10s, ringer);
  ringer.alarm.stop();
  ringer.alarm.start(kStart + 1s, ringer);
  const auto rang = bench.run_until_ring(ringer);
  ASSERT_TRUE(rang);
  EXPECT_LE(*rang, kStart + 1s + AlarmWheel::kTick);
}

TEST(Alarm, BeyondTheHorizonRingsInTime) {
  for (const Duration span : {Duration(16s), Duration(17s), Duration(1h), Duration(240h)}) {
    Bench bench;
    Ringer ringer(bench.wheel);
    ringer.alarm.start(kStart + span, ringer);
    const auto rang = bench.run_until_ring(ringer);
    ASSERT_TRUE(rang);
    EXPECT_GE(*rang, kStart + span);
    EXPECT_LE(*rang, kStart + span + AlarmWheel::kTick);
  }
}

TEST(Alarm, NeverDoesNotRing) {
  Bench bench;
  Ringer ringer(bench.wheel);
  ringer.alarm.start(kStart + 1s, ringer);
  ringer.alarm.start(kNever, ringer);
  EXPECT_FALSE(bench.run_until_ring(ringer));
  ringer.alarm.start(kNever - 1ns, ringer);  // nearly never is no overflow
  bench.turn_at(bench.now + 1h);
  EXPECT_EQ(ringer.rings, 0);
}

TEST(Alarm, ThatDiesIsForgotten) {
  Bench bench;
  auto ringer = std::make_unique<Ringer>(bench.wheel);
  ringer->alarm.start(kStart + 1s, *ringer);
  ringer.reset();
  bench.turn_at(kStart + 2s);
  EXPECT_TRUE(bench.ready.empty());
  EXPECT_EQ(bench.wheel.next(), kNever);
}

TEST(Alarm, MaySurviveItsWheel) {
  auto bench = std::make_unique<Bench>();
  Ringer ringer(bench->wheel);
  ringer.alarm.start(kStart + 1s, ringer);
  bench.reset();
  EXPECT_FALSE(ringer.alarm.is_linked());
}

TEST(AlarmWheel, AsksForNothingWhereNothingIsFiled) {
  Bench bench;
  EXPECT_EQ(bench.wheel.next(), kNever);
}

TEST(AlarmWheel, AsksForTheEarliest) {
  Bench bench;
  Ringer late(bench.wheel), early(bench.wheel);
  late.alarm.start(kStart + 9s, late);
  early.alarm.start(kStart + 3s, early);
  EXPECT_GT(bench.wheel.next(), kStart + 3s);
  EXPECT_LE(bench.wheel.next(), kStart + 3s + AlarmWheel::kTick);
}

TEST(AlarmWheel, AfterALongSleepRingsAllThatIsDueAndNothingElse) {
  Bench bench;
  Ringer a(bench.wheel), b(bench.wheel), c(bench.wheel), d(bench.wheel);
  a.alarm.start(kStart + 1s, a);
  b.alarm.start(kStart + 15s, b);
  c.alarm.start(kStart + 100s, c);
  d.alarm.start(kStart + 1000s, d);
  bench.turn_at(kStart + 500s);
  EXPECT_EQ(a.rings + b.rings + c.rings, 3);
  EXPECT_EQ(d.rings, 0);
  EXPECT_LE(*bench.run_until_ring(d), kStart + 1000s + AlarmWheel::kTick);
}

// The slow twin: every alarm with its deadline, looked through at every turn.
class AlarmTwin : public testing::TestWithParam<uint64_t> {};

struct Twin {
  static constexpr size_t kAlarms = 50;
  explicit Twin(uint64_t seed) : random(seed) {
    for (size_t i = 0; i < kAlarms; ++i) ringers.push_back(std::make_unique<Ringer>(bench.wheel));
  }

  Duration some_span() {
    constexpr Duration kScales[] = {1ms, 50ms, 1s, 20s, 300s};
    return Duration(static_cast<int64_t>(random.unit() *
                                         static_cast<double>(kScales[random.below(5)].count())));
  }

  void change_one() {
    const size_t i = random.below(kAlarms);
    switch (random.below(8)) {
      case 0:
        ringers[i]->alarm.stop();
        deadlines.erase(i);
        return;
      case 1:
        ringers[i] = std::make_unique<Ringer>(bench.wheel);
        deadlines.erase(i);
        return;
      default:
        deadlines[i] = bench.now + some_span();
        ringers[i]->alarm.start(deadlines[i], *ringers[i]);
    }
  }

  void pass_some_time() {
    std::vector<int> before;
    for (const auto& ringer : ringers) before.push_back(ringer->rings);
    bench.turn_at(bench.now + some_span());
    for (size_t i = 0; i < kAlarms; ++i) {
      const bool rang = ringers[i]->rings > before[i];
      const auto deadline = deadlines.find(i);
      ASSERT_LE(ringers[i]->rings, before[i] + 1);
      if (rang) {
        ASSERT_TRUE(deadline != deadlines.end());
        ASSERT_LE(deadline->second, bench.now) << "early";
        deadlines.erase(deadline);
      } else if (deadline != deadlines.end()) {
        ASSERT_GT(deadline->second + AlarmWheel::kTick, bench.now) << "late";
      }
    }
  }

  // The wheel must ask to be turned before anything is later than a tick.
  void check_next() {
    Instant earliest = kNever;
    for (const auto& [i, deadline] : deadlines) earliest = std::min(earliest, deadline);
    if (earliest == kNever) return;
    ASSERT_LE(bench.wheel.next(), std::max(earliest, bench.now) + AlarmWheel::kTick);
    ASSERT_GT(bench.wheel.next(), bench.now);
  }

  Random random;
  Bench bench;
  std::vector<std::unique_ptr<Ringer>> ringers;
  std::map<size_t, Instant> deadlines;  // of those that are started
};

TEST_P(AlarmTwin, RingsAsASortedListWould) {
  Twin twin(GetParam());
  for (int step = 0; step < 4'000 && !testing::Test::HasFatalFailure(); ++step) {
    if (twin.random.below(3)) {
      twin.change_one();
    } else {
      twin.pass_some_time();
    }
    twin.check_next();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AlarmTwin, testing::Range<uint64_t>(1, 9));

}  // namespace
}  // namespace fairlead::net

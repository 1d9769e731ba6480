#include "proxy/handshakes.h"

#include <gtest/gtest.h>

#include <list>

namespace fairlead::proxy {
namespace {

struct Bench {
  bool come(uint32_t most, Instant now) {
    if (!all.admit(most, now, ready)) return false;
    places.emplace_back(all, now);
    return true;
  }

  net::ReadyQueue ready;
  Handshakes all;
  std::list<Handshakes::Place> places;
  const Instant start{100s};
};

TEST(Handshakes, AreRefusedWhereThereAreTooMany) {
  Bench bench;
  EXPECT_TRUE(bench.come(2, bench.start));
  EXPECT_TRUE(bench.come(2, bench.start));
  EXPECT_FALSE(bench.come(2, bench.start + 900ms));
  bench.places.pop_front();
  EXPECT_TRUE(bench.come(2, bench.start + 900ms));
  EXPECT_EQ(bench.all.count(), 2u);
}

TEST(Handshakes, OneThatStandsStillMakesRoom) {
  Bench bench;
  bench.come(2, bench.start);
  bench.come(2, bench.start + 500ms);
  EXPECT_TRUE(bench.come(2, bench.start + 1s));
  EXPECT_TRUE(bench.places.front().displaced().is_set());
  EXPECT_FALSE(std::next(bench.places.begin())->displaced().is_set());
  EXPECT_EQ(bench.all.count(), 2u);
  EXPECT_FALSE(bench.come(2, bench.start + 1s));  // the next is not old enough
  bench.places.clear();
  EXPECT_EQ(bench.all.count(), 0u);
}

TEST(Handshakes, NoLimitIsNone) {
  Bench bench;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(bench.come(0, bench.start));
}

}  // namespace
}  // namespace fairlead::proxy

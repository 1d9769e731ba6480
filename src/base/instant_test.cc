#include "base/instant.h"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

TEST(Instant, AddsSpans) {
  EXPECT_EQ(saturating_add(Instant(5s), 3s), Instant(8s));
  EXPECT_EQ(saturating_add(Instant(5s), 0s), Instant(5s));
}

TEST(Instant, AddingTooMuchIsNever) {
  EXPECT_EQ(saturating_add(Instant(5s), Duration::max()), kNever);
  EXPECT_EQ(saturating_add(kNever, 1ns), kNever);
  EXPECT_EQ(saturating_add(kNever, 0ns), kNever);
  EXPECT_EQ(saturating_add(kNever - 2ns, 1ns), kNever - 1ns);
  EXPECT_EQ(saturating_add(kNever - 2ns, 2ns), kNever);
  EXPECT_EQ(saturating_add(kNever - 2ns, 3ns), kNever);
}

TEST(Instant, NeverIsLaterThanEverything) {
  EXPECT_GT(kNever, Instant(std::chrono::hours(24) * 365 * 200));
}

TEST(Instant, SecondsAreFractions) {
  EXPECT_DOUBLE_EQ(to_seconds(1500ms), 1.5);
  EXPECT_DOUBLE_EQ(to_seconds(1us), 1e-6);
}

}  // namespace
}  // namespace fairlead

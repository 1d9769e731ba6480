#include "core/shedding.h"

#include <gtest/gtest.h>

namespace fairlead::core {
namespace {

TEST(Shedding, WhatMattersLeastIsRefusedFirst) {
  EXPECT_FALSE(is_shed(Priority::low, 99ms, 100ms));
  EXPECT_TRUE(is_shed(Priority::low, 100ms, 100ms));
  EXPECT_FALSE(is_shed(Priority::normal, 199ms, 100ms));
  EXPECT_TRUE(is_shed(Priority::normal, 200ms, 100ms));
}

TEST(Shedding, WhatMattersMostNeverIs) { EXPECT_FALSE(is_shed(Priority::high, 1h, 1ms)); }

TEST(Shedding, WithoutALimitNothingIs) {
  EXPECT_FALSE(is_shed(Priority::low, 1h, Duration::zero()));
}

}  // namespace
}  // namespace fairlead::core

#include "control/history.h"

#include <gtest/gtest.h>

namespace fairlead::control {
namespace {

TEST(History, NumbersFromOneAndForgetsTheOldest) {
  History history(3);
  for (int i = 0; i < 5; ++i) history.add({.reason = std::to_string(i)});
  const auto all = history.after(0, 100);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all.front().id, 3u);
  EXPECT_EQ(all.back().reason, "4");
  EXPECT_EQ(history.last_id(), 5u);
}

TEST(History, GivesWhatCameBehindAnIdTheNewestWhereThereAreTooMany) {
  History history;
  for (int i = 0; i < 10; ++i) history.add({});
  EXPECT_EQ(history.after(7, 100).size(), 3u);
  EXPECT_EQ(history.after(10, 100).size(), 0u);
  EXPECT_EQ(history.after(0, 2).front().id, 9u);
}

TEST(History, TellsAChangeInOneLine) {
  const Occurrence change{.kind = Occurrence::Kind::backend_state,
                          .pool = "api",
                          .backend = "127.0.0.1:9001",
                          .from = "healthy",
                          .to = "unhealthy",
                          .reason = "3 of 3 probes failed: connection refused"};
  EXPECT_EQ(
      line_of(change),
      "pool `api`: 127.0.0.1:9001 healthy -> unhealthy: 3 of 3 probes failed: connection refused");
  EXPECT_EQ(level_of(change), Level::warning);
}

TEST(History, APoolWithoutAnybodyIsAnError) {
  EXPECT_EQ(level_of({.kind = Occurrence::Kind::pool_basis, .to = "none"}), Level::error);
  EXPECT_EQ(level_of({.kind = Occurrence::Kind::pool_basis, .to = "healthy"}), Level::info);
}

}  // namespace
}  // namespace fairlead::control

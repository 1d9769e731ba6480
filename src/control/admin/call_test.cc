#include "control/admin/call.h"

#include <gtest/gtest.h>

#include <set>

namespace fairlead::control {
namespace {

using Segments = std::vector<std::string>;

TEST(MatchPath, TakesOneSegmentForEachHole) {
  EXPECT_EQ(match_path("/api/v1/pools/{}", "/api/v1/pools/api"), Segments{"api"});
  EXPECT_EQ(match_path("/api/v1/pools/{}", "/api/v1/pools/a%20b%2Fc"), Segments{"a b/c"});
  EXPECT_EQ(match_path("/a/{}/b/{}", "/a/x/b/unix:%2Frun%2Fy"), (Segments{"x", "unix:/run/y"}));
  EXPECT_EQ(match_path("/health", "/health"), Segments{});
  EXPECT_EQ(match_path("/", "/"), Segments{});
}

TEST(MatchPath, RefusesWhatIsLongerShorterOrEmpty) {
  EXPECT_FALSE(match_path("/api/v1/pools/{}", "/api/v1/pools/"));
  EXPECT_FALSE(match_path("/api/v1/pools/{}", "/api/v1/pools"));
  EXPECT_FALSE(match_path("/api/v1/pools/{}", "/api/v1/pools/a/b"));
  EXPECT_FALSE(match_path("/a/{}/b/{}", "/a//b/c"));
  EXPECT_FALSE(match_path("/a/{}/b/{}", "/a/x/c/y"));
  EXPECT_FALSE(match_path("/health", "/health/"));
  EXPECT_FALSE(match_path("/health", ""));
  EXPECT_FALSE(match_path("/", "*"));
}

TEST(MatchPath, LeavesABrokenEscapeAsItIs) {
  EXPECT_EQ(match_path("/{}", "/a%2"), Segments{"a%2"});
  EXPECT_EQ(match_path("/{}", "/a%zz"), Segments{"a%zz"});
  EXPECT_EQ(match_path("/{}", "/%41"), Segments{"A"});
}

TEST(QueryValue, FindsTheFirstOfItsName) {
  EXPECT_EQ(query_value("after=3&limit=10&after=4", "after"), "3");
  EXPECT_EQ(query_value("after=3&limit=10", "limit"), "10");
  EXPECT_EQ(query_value("follow&x=", "follow"), "");
  EXPECT_EQ(query_value("afterwards=1", "after"), "");
  EXPECT_EQ(query_value("", "after"), "");
}

TEST(AdminCalls, HaveEachMethodAndPathOnce) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const AdminCall& call : admin_calls())
    EXPECT_TRUE(seen.emplace(call.method, call.path).second) << call.path;
  EXPECT_GE(seen.size(), 10u);
}

}  // namespace
}  // namespace fairlead::control

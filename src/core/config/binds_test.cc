#include "core/config/binds.h"

#include <gtest/gtest.h>

#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

bool overlap_texts(const char* a, const char* b) {
  const bool there = overlap(*Address::parse(a), *Address::parse(b));
  EXPECT_EQ(there, overlap(*Address::parse(b), *Address::parse(a)));
  return there;
}

TEST(Binds, AWildcardOverlapsWithWhatItIncludes) {
  EXPECT_TRUE(overlap_texts(":80", ":80"));
  EXPECT_TRUE(overlap_texts(":80", "0.0.0.0:80"));
  EXPECT_TRUE(overlap_texts(":80", "127.0.0.1:80"));
  EXPECT_TRUE(overlap_texts(":80", "[::1]:80"));
  EXPECT_TRUE(overlap_texts("0.0.0.0:80", "127.0.0.1:80"));
  EXPECT_FALSE(overlap_texts("0.0.0.0:80", "[::1]:80"));
  EXPECT_FALSE(overlap_texts("127.0.0.1:80", "127.0.0.2:80"));
  EXPECT_FALSE(overlap_texts(":80", ":81"));
}

TEST(Binds, UnixPathsOverlapWithThemselvesAlone) {
  EXPECT_TRUE(overlap_texts("unix:/a", "unix:/a"));
  EXPECT_FALSE(overlap_texts("unix:/a", "unix:/b"));
  EXPECT_FALSE(overlap_texts("unix:/a", ":80"));
}

// What check finds by tables is what a comparison of every pair finds.
TEST(Binds, TheTablesFindWhatEveryPairComparedFinds) {
  const std::vector<std::string> texts = {":80",         "0.0.0.0:80", "127.0.0.1:80", "[::1]:80",
                                          "10.0.0.1:80", ":81",        "127.0.0.1:81", "unix:/a"};
  for (const std::string& a : texts) {
    for (const std::string& b : texts) {
      const LoadResult result =
          load_text("listeners: { a: { bind: \"" + a + "\", pool: p }, b: { bind: \"" + b +
                    "\", pool: p } }\npools: { p: 127.0.0.1:1 }\n");
      EXPECT_EQ(has_errors(result.problems), overlap(*Address::parse(a), *Address::parse(b)))
          << a << " and " << b;
    }
  }
}

TEST(Binds, BothPlacesAreNamed) {
  const LoadResult result = load_text(
      "listeners:\n  a: { bind: 80, pool: p }\n  b: { bind: 127.0.0.1:80, pool: p }\n"
      "pools: { p: 127.0.0.1:1 }\n");
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(text_of(result.problems[0].place), "fairlead.yaml:3:14");
  EXPECT_EQ(text_of(result.problems[0].other.value()), "fairlead.yaml:2:14");
}

}  // namespace
}  // namespace fairlead::core

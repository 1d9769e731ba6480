#include "base/result.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace fairlead {
namespace {

TEST(Result, EveryCodeHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(Code::internal); ++code) {
    const std::string_view name = name_of(static_cast<Code>(code));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), name.npos) << name;
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(Code::internal) + 1);
}

TEST(Result, NamesOfCodesAreThoseOfProblemTypes) {
  EXPECT_EQ(name_of(Code::no_backend), "no-healthy-backend");
  EXPECT_EQ(name_of(Code::too_large), "too-large");
}

TEST(Result, SidesHaveNames) {
  EXPECT_EQ(name_of(Side::downstream), "downstream");
  EXPECT_EQ(name_of(Side::upstream), "upstream");
  EXPECT_EQ(name_of(Side::internal), "internal");
}

TEST(Result, FailCarriesCodeSideDetailAndAgain) {
  const Result<int> result = fail(Code::reset, Side::upstream, "after 12 bytes", Again::if_reused);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::reset);
  EXPECT_EQ(result.error().side, Side::upstream);
  EXPECT_EQ(result.error().again, Again::if_reused);
  EXPECT_EQ(result.error().detail, "after 12 bytes");
}

TEST(Result, FailIsNotTriedAgainUnlessSaid) {
  const Result<void> result = fail(Code::timeout, Side::downstream);
  EXPECT_EQ(result.error().again, Again::no);
  EXPECT_EQ(result.error().detail, "");
}

}  // namespace
}  // namespace fairlead

#include "core/config/include.h"

#include <gtest/gtest.h>

#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

constexpr const char* kMain =
    "include: [conf.d/*.yaml]\nlisteners: { web: { bind: 80, pool: app } }\n";

LoadResult load_files(std::map<std::string, std::string> files) {
  const TestFiles test{std::move(files)};
  return load("etc/fairlead.yaml", test.outside());
}

TEST(Include, MergesListenersAndPoolsRelativeToTheFileThatSaysIt) {
  const LoadResult result =
      load_files({{"etc/fairlead.yaml", kMain},
                  {"etc/conf.d/a.yaml", "pools: { app: [127.0.0.1:1] }\n"},
                  {"etc/conf.d/b.yaml", "listeners: { other: { bind: 81, pool: app } }\n"}});
  ASSERT_TRUE(result.config.has_value()) << render(result.problems);
  EXPECT_EQ(result.config->listeners.size(), 2u);
  EXPECT_EQ(text_of(result.config->pools[0].place), "etc/conf.d/a.yaml:1:10");
}

TEST(Include, ADuplicateNamesBothPlaces) {
  const LoadResult result = load_files({{"etc/fairlead.yaml", kMain},
                                        {"etc/conf.d/a.yaml", "pools: { app: [127.0.0.1:1] }\n"},
                                        {"etc/conf.d/b.yaml", "pools: { app: [127.0.0.1:2] }\n"}});
  EXPECT_EQ(render(result.problems),
            "etc/conf.d/b.yaml:1:10: error: there are two pools named `app`\n"
            "   1 | pools: { app: [127.0.0.1:2] }\n"
            "     |          ^^^\n"
            "     first said at etc/conf.d/a.yaml:1:10\n"
            "     included from etc/fairlead.yaml:1:11\n"
            "1 error\n");
}

TEST(Include, AProblemNamesTheWholeChain) {
  const LoadResult result = load_files(
      {{"etc/fairlead.yaml", "include: a.yaml\n"},
       {"etc/a.yaml", "include: [sub/b.yaml]\nlisteners: { web: { bind: 80, pool: app } }\n"},
       {"etc/sub/b.yaml", "pools: { app: [1.2.3] }\n"}});
  ASSERT_EQ(result.problems.size(), 1u);
  const Problem& problem = result.problems[0];
  ASSERT_EQ(problem.included_from.size(), 2u);
  EXPECT_EQ(text_of(problem.place), "etc/sub/b.yaml:1:16");
  EXPECT_EQ(text_of(problem.included_from[0]), "etc/a.yaml:1:11");
  EXPECT_EQ(text_of(problem.included_from[1]), "etc/fairlead.yaml:1:10");
}

TEST(Include, AFileThatIncludesItselfIsRefusedWithItsChain) {
  const LoadResult result =
      load_files({{"etc/fairlead.yaml",
                   "include: a.yaml\nlisteners: { web: { bind: 80, pool: [127.0.0.1:1] } }\n"},
                  {"etc/a.yaml", "include: ./fairlead.yaml\n"}});
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].message, "`etc/fairlead.yaml` includes itself");
  EXPECT_EQ(result.problems[0].hint,
            "the chain is etc/fairlead.yaml -> etc/a.yaml -> etc/fairlead.yaml");
}

TEST(Include, DepthIsLimited) {
  std::map<std::string, std::string> files;
  files["etc/fairlead.yaml"] =
      "include: f0.yaml\nlisteners: { web: { bind: 80, pool: [127.0.0.1:1] } }\n";
  for (int i = 0; i < 20; ++i)
    files["etc/f" + std::to_string(i) + ".yaml"] = "include: f" + std::to_string(i + 1) + ".yaml\n";
  const LoadResult result = load_files(files);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].place.file, "etc/f6.yaml");
}

TEST(Include, TheSameFileTwiceIsToldWithBothPlaces) {
  const LoadResult result =
      load_files({{"etc/fairlead.yaml",
                   "include: [a.yaml, ./a.yaml]\nlisteners: { web: { bind: 80, pool: app } }\n"},
                  {"etc/a.yaml", "pools: { app: [127.0.0.1:1] }\n"}});
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].message, "`etc/a.yaml` is included twice");
  EXPECT_EQ(text_of(*result.problems[0].other), "etc/fairlead.yaml:1:11");
}

TEST(Include, OtherSettingsCannotStandInAnIncludedFile) {
  const LoadResult result =
      load_files({{"etc/fairlead.yaml", kMain},
                  {"etc/conf.d/a.yaml", "workers: 2\npool: {}\npools: { app: [127.0.0.1:1] }\n"}});
  ASSERT_EQ(result.problems.size(), 2u);
  EXPECT_EQ(result.problems[0].message, "`workers` cannot stand in an included file");
  EXPECT_EQ(result.problems[1].hint,
            "did you mean `pools`? allowed: `listeners`, `pools` and `include`");
}

TEST(Include, APatternThatFitsNothingIsAWarning) {
  const LoadResult result = load_files(
      {{"etc/fairlead.yaml",
        "include: conf.d/*.yaml\nlisteners: { web: { bind: 80, pool: [127.0.0.1:1] } }\n"}});
  EXPECT_TRUE(result.config.has_value());
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].message, "no file fits `etc/conf.d/*.yaml`");
}

TEST(Include, AnEmptyIncludedFileAddsNothing) {
  const LoadResult result =
      load_files({{"etc/fairlead.yaml",
                   "include: a.yaml\nlisteners: { web: { bind: 80, pool: [127.0.0.1:1] } }\n"},
                  {"etc/a.yaml", "# nothing yet\n"}});
  EXPECT_EQ(render(result.problems), "");
}

}  // namespace
}  // namespace fairlead::core

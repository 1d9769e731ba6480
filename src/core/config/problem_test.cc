#include "core/config/problem.h"

#include <gtest/gtest.h>

namespace fairlead::core {
namespace {

Problem problem() {
  return {.severity = Severity::error,
          .place = {"fairlead.yaml", 12, 3},
          .length = 5,
          .message = "unknown key `helth` in pool `api`",
          .hint = "did you mean `health`?",
          .line = "  helth: /health",
          .included_from = {},
          .other = {}};
}

TEST(Problem, IsShownWithItsLineACaretAndAHint) {
  EXPECT_EQ(render({problem()}),
            "fairlead.yaml:12:3: error: unknown key `helth` in pool `api`\n"
            "  12 |   helth: /health\n"
            "     |   ^^^^^\n"
            "     hint: did you mean `health`?\n"
            "1 error\n");
}

TEST(Problem, ATabBeforeTheWordStandsUnderTheTab) {
  Problem tab = problem();
  tab.line = "\thelth: /health";
  tab.place.column = 2;
  EXPECT_NE(render({tab}).find("     | \t^^^^^\n"), std::string::npos);
}

TEST(Problem, ColumnsCountCharacters) {
  Problem wide = problem();
  wide.line = "é: helth";
  wide.place.column = 4;
  EXPECT_NE(render({wide}).find("     |    ^^^^^\n"), std::string::npos);
}

TEST(Problem, ALongLineIsCutAroundTheWord) {
  Problem long_line = problem();
  long_line.line = std::string(10'000, 'a') + "helth" + std::string(10'000, 'b');
  long_line.place.column = 10'001;
  const std::string text = render({long_line});
  EXPECT_LT(text.size(), 600u);
  EXPECT_NE(text.find("aahelthbb"), std::string::npos);
}

TEST(Problem, ControlCharactersDoNotReachTheTerminal) {
  Problem escape = problem();
  escape.line = "  helth: \x1b[31m";
  EXPECT_EQ(render({escape}).find('\x1b'), std::string::npos);
}

TEST(Problem, TheCountNamesErrorsAndWarnings) {
  Problem warning = problem();
  warning.severity = Severity::warning;
  EXPECT_EQ(count_line({problem(), problem(), problem(), warning}), "3 errors, 1 warning");
  EXPECT_EQ(count_line({warning, warning}), "2 warnings");
  EXPECT_EQ(render({}), "");
}

TEST(Problem, AfterAHundredTheRestIsCounted) {
  const std::string text = render(Problems(130, problem()));
  EXPECT_NE(text.find("... and 30 more\n130 errors\n"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::core

#include "core/config/environment.h"

#include <gtest/gtest.h>

#include "core/config/emit.h"
#include "core/config/test_files.h"
#include "core/config/yaml.h"

namespace fairlead::core {
namespace {

std::string substituted(const std::string& yaml) {
  const TestFiles files{
      {}, {{"NAME", "value"}, {"EMPTY", ""}, {"LIST", "[a, b]"}, {"KEY", "a: b\nc: d"}}};
  Notebook notebook;
  const uint16_t source = notebook.add_source("a.yaml", yaml);
  Node tree = parse_yaml(notebook, source);
  substitute(tree, files.outside().environment, notebook);
  return notebook.has_errors() ? render(notebook.take()) : flow_text(tree);
}

TEST(Environment, FillsInsideValues) { EXPECT_EQ(substituted("a: x${NAME}y"), "{ a: xvaluey }"); }

TEST(Environment, TheDefaultStandsForWhatIsNotSetOrEmpty) {
  EXPECT_EQ(substituted("a: ${NO:-d}"), "{ a: d }");
  EXPECT_EQ(substituted("a: ${EMPTY:-d}"), "{ a: d }");
  EXPECT_EQ(substituted("a: ${NAME:-d}"), "{ a: value }");
  EXPECT_EQ(substituted("a: \"${NO:-}\""), "{ a: \"\" }");
  EXPECT_EQ(substituted("a: ${EMPTY}"), "{ a: \"\" }");
}

TEST(Environment, TwoDollarsAreOne) {
  EXPECT_EQ(substituted("a: $${NAME}"), "{ a: \"${NAME}\" }");
  EXPECT_EQ(substituted("a: '~^/a$'"), "{ a: \"~^/a$\" }");
}

TEST(Environment, AValueCannotAddStructure) {
  EXPECT_EQ(substituted("a: ${LIST}"), "{ a: \"[a, b]\" }");
  EXPECT_EQ(substituted("a: ${KEY}"), "{ a: \"a: b\\nc: d\" }");
}

TEST(Environment, WhatAVariableHoldsIsNotFilledInAgain) {
  const TestFiles files{{}, {{"A", "${B}"}, {"B", "no"}}};
  Node node = scalar("${A}");
  Notebook notebook;
  substitute(node, files.outside().environment, notebook);
  EXPECT_EQ(node.text, "${B}");
}

TEST(Environment, KeysAreLeftAlone) { EXPECT_EQ(substituted("${NAME}: a"), "{ \"${NAME}\": a }"); }

TEST(Environment, AMissingVariableIsToldWhereItStands) {
  EXPECT_EQ(substituted("a: [x, \"b ${NO} c\"]"),
            "a.yaml:1:11: error: the environment variable `NO` is not set\n"
            "   1 | a: [x, \"b ${NO} c\"]\n"
            "     |           ^^^^^\n"
            "     hint: set it, or give a default: `${NO:-value}`\n"
            "1 error\n");
}

}  // namespace
}  // namespace fairlead::core

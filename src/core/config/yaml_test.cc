#include "core/config/yaml.h"

#include <gtest/gtest.h>

#include "core/config/emit.h"

namespace fairlead::core {
namespace {

struct Parsed {
  Node tree;
  Problems problems;
};

Parsed parse(std::string text) {
  Notebook notebook;
  const uint16_t source = notebook.add_source("a.yaml", std::move(text));
  Node tree = parse_yaml(notebook, source);
  return {std::move(tree), notebook.take()};
}

std::string first_problem(const Parsed& parsed) {
  if (parsed.problems.empty()) return "";
  const Problem& first = parsed.problems.front();
  return text_of(first.place) + " " + first.message;
}

TEST(Yaml, TextStaysAsItWasWritten) {
  EXPECT_EQ(flow_text(parse("a: 010\nb: [off, 1:30, ~x]\nc: 'd'\n").tree),
            "{ a: \"010\", b: [off, 1:30, \"~x\"], c: d }");
}

TEST(Yaml, EveryPieceKnowsItsPlace) {
  const Node tree = parse("a:\n  - \xc3\xa9\xc3\xa9: x\n    b: yy\n").tree;
  const Node& item = tree.find("a")->items.at(0);
  EXPECT_EQ(item.entries.at(0).value.spot.line, 2);
  EXPECT_EQ(item.entries[0].value.spot.column, 9);
  EXPECT_EQ(item.entries.at(1).value.spot.line, 3);
  EXPECT_EQ(item.entries[1].value.spot.length, 2);
}

TEST(Yaml, SeveralTrapsAreToldAtOnceAndTheRestIsStillRead) {
  const Parsed parsed = parse("a: [::1]:80\nb:\n  - {path}/x\nc: *\nd: fine\n");
  EXPECT_EQ(parsed.problems.size(), 3u);
  ASSERT_NE(parsed.tree.find("d"), nullptr);
  EXPECT_EQ(parsed.tree.find("d")->text, "fine");
}

TEST(Yaml, WhatStandsBeforeASyntaxErrorIsRead) {
  const Parsed parsed = parse("a: 1\nb: \"x\n");
  EXPECT_EQ(parsed.problems.size(), 1u);
  EXPECT_NE(parsed.tree.find("a"), nullptr);
}

TEST(Yaml, BytesThatAreNoTextAreToldOnce) {
  EXPECT_EQ(first_problem(parse("a: x\xff\xfe\n")),
            "a.yaml:1:5 the byte 0xff is not UTF-8 text here");
  EXPECT_EQ(parse("a: x\xff\xfe\n").problems.size(), 1u);
  EXPECT_EQ(first_problem(parse("\xc3\xa9: \x01\n")),
            "a.yaml:1:4 the control character 0x01 may not stand in YAML");
  EXPECT_EQ(first_problem(parse(std::string("a: \0b\n", 6))),
            "a.yaml:1:4 the control character 0x00 may not stand in YAML");
  EXPECT_EQ(first_problem(parse("a: b\rc: d\n")), "a.yaml:1:5 a carriage return stands alone");
}

TEST(Yaml, DirectivesAreRefusedBeforeTheParserSeesThem) {
  EXPECT_EQ(
      first_problem(parse("%YAML 1.1\n---\na: b\n")),
      "a.yaml:1:1 a line that begins with `%` is a YAML directive, and these are not supported");
  EXPECT_FALSE(parse("% \xd7\xd7\xd7\xd7").problems.empty());
}

TEST(Yaml, LinesMayEndInCarriageReturnAndLineFeed) {
  const Parsed parsed = parse("a: b\r\nc: d\r\n");
  EXPECT_TRUE(parsed.problems.empty());
  EXPECT_EQ(parsed.tree.find("c")->text, "d");
}

TEST(Yaml, AByteOrderMarkIsNoText) {
  const Parsed parsed = parse(
      "\xef\xbb\xbf"
      "a: b\n");
  EXPECT_TRUE(parsed.problems.empty()) << first_problem(parsed);
  EXPECT_NE(parsed.tree.find("a"), nullptr);
}

TEST(Emit, JsonEscapesWhatJsonMust) {
  EXPECT_EQ(json_string("a\"b\\c\n\x01\xff"), "\"a\\\"b\\\\c\\n\\u0001\\ufffd\"");
  EXPECT_EQ(json_text(map_of("a", list({number("1"), scalar("x")}))), "{\"a\":[1,\"x\"]}");
}

TEST(Emit, BlockYamlIsReadBackAsItWas) {
  Node tree = map_of("a", list({map_of("b", scalar("*x")), map()}));
  tree.set("c", map_of("d", map_of("e", scalar("- no"))));
  EXPECT_EQ(flow_text(parse(yaml_text(tree)).tree), flow_text(tree));
}

}  // namespace
}  // namespace fairlead::core

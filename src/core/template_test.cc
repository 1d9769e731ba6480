#include "core/template.h"

#include <gtest/gtest.h>

namespace fairlead::core {
namespace {

// Gives each fact back as its number, with the name behind it.
class NumberedFacts : public TemplateFacts {
 public:
  void append(std::string& out, Fact fact, std::string_view name) const override {
    out += "<" + std::to_string(static_cast<int>(fact)) + std::string(name) + ">";
  }
};

std::string expanded(std::string_view text) {
  return Template::parse(text).value().expand(NumberedFacts());
}

TEST(Template, FillsInEveryFact) {
  EXPECT_EQ(expanded("{uri}{path}{query}{host}{scheme}{client_ip}{request_id}{backend}"),
            "<0><1><2><3><4><5><6><7>");
  EXPECT_EQ(expanded("{header:X-Tier}{cookie:Session}"), "<8x-tier><9Session>");
  EXPECT_EQ(expanded("https://{host}{uri}#x"), "https://<3><0>#x");
}

TEST(Template, OtherBracesStayAsTheyAre) {
  EXPECT_EQ(expanded("{\"ok\": true, \"a\": {\"b\": {}}}"), "{\"ok\": true, \"a\": {\"b\": {}}}");
  EXPECT_EQ(expanded("{{uri}"), "{uri}");
  EXPECT_EQ(expanded("a}b{"), "a}b{");
}

TEST(Template, ATextWithoutPlacesIsConstant) {
  EXPECT_TRUE(Template::parse("ok")->is_constant());
  EXPECT_TRUE(Template().is_constant());
  EXPECT_FALSE(Template::parse("{uri}")->is_constant());
}

// Every fact is the same text.
class OneText : public TemplateFacts {
 public:
  explicit OneText(std::string text) : text_(std::move(text)) {}
  void append(std::string& out, Fact, std::string_view) const override { out += text_; }

 private:
  std::string text_;
};

TEST(Template, WhatIsFilledInIsWrittenAsThePlaceAsks) {
  const Template text = Template::parse("<{header:x}>").value();
  const OneText facts("a/b?c&\"d\"\r\n<e>%");
  EXPECT_EQ(text.expand(facts), "<a/b?c&\"d\"\r\n<e>%>");
  EXPECT_EQ(text.expand(facts, Escape::path), "<a%2Fb%3Fc&%22d%22%0D%0A%3Ce%3E%25>");
  EXPECT_EQ(text.expand(facts, Escape::json), "<a/b?c&\\\"d\\\"\\u000d\\n<e>%>");
  EXPECT_EQ(text.expand(facts, Escape::html), "<a/b?c&amp;&quot;d&quot;\r\n&lt;e&gt;%>");
}

TEST(Template, AConstantOneIsItsTextWithoutItsMarks) {
  EXPECT_EQ(Template::parse("a{{b}")->constant(), "a{b}");
  EXPECT_EQ(Template().constant(), "");
  EXPECT_FALSE(Template::parse("{uri}")->constant());
}

TEST(Template, AnUnknownPlaceHasASuggestion) {
  const auto fault = Template::parse("a {requestid}").error();
  EXPECT_EQ(fault.message, "`{requestid}` is not known");
  EXPECT_TRUE(fault.hint.starts_with("did you mean `{request_id}`? ")) << fault.hint;
  EXPECT_TRUE(
      Template::parse("{headers:a}").error().hint.starts_with("did you mean `{header:NAME}`? "));
}

TEST(Template, APlaceMustBeClosedAndNamed) {
  EXPECT_EQ(Template::parse("{uri").error().message, "`{uri` has no closing `}`");
  EXPECT_EQ(Template::parse("{cookie:}").error().message, "`{cookie:}` names no cookie");
  EXPECT_FALSE(Template::parse("{header:a b}").has_value());
  EXPECT_FALSE(Template::parse("{uri:a}").has_value());
}

}  // namespace
}  // namespace fairlead::core

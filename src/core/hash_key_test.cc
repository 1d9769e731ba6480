#include "core/hash_key.h"

#include <gtest/gtest.h>

#include <map>

namespace fairlead::core {
namespace {

class TestFacts final : public KeyFacts {
 public:
  Ip client() const override { return *Ip::parse("192.0.2.7"); }
  uint16_t client_port() const override { return port; }
  Address local() const override { return *Address::parse("10.0.0.1:80"); }
  std::string_view header(std::string_view name) const override { return find(headers, name); }
  std::string_view cookie(std::string_view name) const override { return find(cookies, name); }
  std::string_view query() const override { return query_text; }
  std::string_view path() const override { return "/a/b"; }
  std::string_view host() const override { return "a.example"; }
  std::optional<std::string> body(std::string_view pointer) const override {
    return pointer == "/id" ? std::optional(body_id) : std::nullopt;
  }

  std::map<std::string, std::string, std::less<>> headers;
  std::map<std::string, std::string, std::less<>> cookies;
  std::string query_text;
  std::string body_id = "42";
  uint16_t port = 4711;

 private:
  static std::string_view find(const auto& map, std::string_view name) {
    const auto found = map.find(name);
    return found == map.end() ? std::string_view() : found->second;
  }
};

uint64_t hash_by(std::string_view source, const KeyFacts& facts) {
  return key_of(*parse_key_source(source), KeySource{KeyPart::none}, facts).hash;
}

TEST(KeySource, IsReadAndWrittenBack) {
  for (const char* text :
       {"client_ip", "five_tuple", "header:x-user", "cookie:session_id", "query:id", "path",
        "path_segment:2", "host", "sni", "body:/room/id", "none"}) {
    const auto source = parse_key_source(text);
    ASSERT_TRUE(source.has_value()) << text;
    EXPECT_EQ(text_of(*source), text);
  }
}

TEST(KeySource, NamesOfHeadersAreInLowerCaseAndThoseOfCookiesAsTheyStand) {
  EXPECT_EQ(parse_key_source("header:X-User")->name, "x-user");
  EXPECT_EQ(parse_key_source("cookie:SID")->name, "SID");
}

TEST(KeySource, SaysWhatIsWrong) {
  EXPECT_EQ(parse_key_source("cookie").error(), "it needs a name behind a colon");
  EXPECT_EQ(parse_key_source("path:x").error(), "it takes no name");
  EXPECT_EQ(parse_key_source("header:").error(), "what stands behind the colon is no name");
  EXPECT_EQ(parse_key_source("header:a b").error(), "what stands behind the colon is no name");
  EXPECT_EQ(parse_key_source("query:a=b").error(), "what stands behind the colon is no name");
  for (const char* text :
       {"path_segment:0", "path_segment:33", "path_segment:02", "path_segment:x"})
    EXPECT_EQ(parse_key_source(text).error(), "behind the colon stands a number from 1 to 32");
  for (const char* text : {"body:", "body:id", "body:/a~2"}) {
    EXPECT_EQ(parse_key_source(text).error(),
              "behind the colon stands a JSON pointer, such as `/room/id`");
  }
  EXPECT_EQ(parse_key_source("ip").error(), "it is not known");
}

TEST(HashKey, IsOfTheNamedPartAlone) {
  TestFacts facts;
  facts.headers["x-user"] = "ann";
  facts.cookies["sid"] = "s1";
  facts.query_text = "a=1&id=42&id=43";
  EXPECT_EQ(hash_by("header:X-User", facts), key_of("ann").hash);
  EXPECT_EQ(hash_by("cookie:sid", facts), key_of("s1").hash);
  EXPECT_EQ(hash_by("query:id", facts), key_of("42").hash);
  EXPECT_EQ(hash_by("path", facts), key_of("/a/b").hash);
  EXPECT_EQ(hash_by("host", facts), key_of("a.example").hash);
  EXPECT_EQ(hash_by("client_ip", facts), key_of(*Ip::parse("192.0.2.7")).hash);
}

TEST(HashKey, ASegmentOfThePath) {
  TestFacts facts;
  EXPECT_EQ(hash_by("path_segment:1", facts), key_of("a").hash);
  EXPECT_EQ(hash_by("path_segment:2", facts), key_of("b").hash);
  EXPECT_FALSE(
      key_of(*parse_key_source("path_segment:3"), KeySource{KeyPart::none}, facts).present);
  EXPECT_EQ(segment_of("/rooms/42/join", 2), "42");
  EXPECT_EQ(segment_of("/rooms/42", 2), "42");
  EXPECT_EQ(segment_of("/rooms/", 2), "");
  EXPECT_EQ(segment_of("/", 1), "");
  EXPECT_EQ(segment_of("*", 1), "");
  EXPECT_EQ(segment_of("", 1), "");
}

TEST(HashKey, AValueOfTheBody) {
  TestFacts facts;
  EXPECT_EQ(hash_by("body:/id", facts), key_of("42").hash);
  EXPECT_EQ(find_key(*parse_key_source("body:/id"), KeySource{}, facts).value, "42");
  EXPECT_FALSE(key_of(*parse_key_source("body:/x"), KeySource{KeyPart::none}, facts).present);
  facts.body_id = "";
  EXPECT_FALSE(key_of(*parse_key_source("body:/id"), KeySource{KeyPart::none}, facts).present);
}

TEST(HashKey, AFiveTupleTellsConnectionsOfOneClientApart) {
  TestFacts facts;
  const uint64_t one = hash_by("five_tuple", facts);
  EXPECT_EQ(hash_by("five_tuple", facts), one);
  facts.port = 4712;
  EXPECT_NE(hash_by("five_tuple", facts), one);
}

TEST(HashKey, WhatIsMissingOrEmptyFallsBack) {
  TestFacts facts;
  facts.cookies["sid"] = "";
  const KeySource cookie{KeyPart::cookie, "sid"};
  const Key fallen = key_of(cookie, KeySource{}, facts);
  EXPECT_TRUE(fallen.present);
  EXPECT_EQ(fallen.hash, key_of(facts.client()).hash);
  EXPECT_FALSE(key_of(cookie, KeySource{KeyPart::none}, facts).present);
  EXPECT_FALSE(key_of(KeySource{KeyPart::sni}, KeySource{KeyPart::query, "id"}, facts).present);
}

TEST(HashKey, WhatItWasMadeOfCanBeAskedFor) {
  TestFacts facts;
  facts.cookies["sid"] = "abc";
  const KeySource sid = *parse_key_source("cookie:sid");
  const KeySource address = *parse_key_source("client_ip");
  FoundKey found = find_key(sid, address, facts);
  EXPECT_EQ(found.value, "abc");
  EXPECT_EQ(found.source, sid);
  EXPECT_EQ(found.key.hash, key_of(sid, address, facts).hash);
  facts.cookies.clear();
  found = find_key(sid, address, facts);
  EXPECT_EQ(found.value, "192.0.2.7");
  EXPECT_EQ(found.source, address);
  found = find_key(sid, *parse_key_source("none"), facts);
  EXPECT_FALSE(found.key.present);
  EXPECT_EQ(find_key(*parse_key_source("five_tuple"), sid, facts).value,
            "192.0.2.7:4711 to 10.0.0.1:80");
}

TEST(HashKey, AParameterIsFoundByItsWholeName) {
  TestFacts facts;
  facts.query_text = "userid=1&id&id=2";
  EXPECT_EQ(hash_by("query:id", facts), key_of("2").hash);
}

// Other instances, other versions and the packet path must come to the same number.
TEST(HashKey, HasTheValuesOfXxh3) {
  EXPECT_EQ(key_of("").hash, 0x2d06800538d394c2u);
  EXPECT_EQ(key_of("session-1").hash, key_of(std::string("session-1")).hash);
  EXPECT_NE(key_of("session-1").hash, key_of("session-2").hash);
}

}  // namespace
}  // namespace fairlead::core

#include "wire/http1_write.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "base/random.h"
#include "wire/http1_head.h"

namespace fairlead::wire::http1 {
namespace {

using namespace std::string_literals;

TEST(HeadWriter, WritesARequestHead) {
  std::array<char, 200> out;
  HeadWriter writer(out);
  writer.request_line("GET", "/a?b").field("host", "shop.example").field("content-length", 120u);
  writer.begin_field("forwarded")
      .put("for=")
      .put("203.0.113.7")
      .put(";n=")
      .put_number(7)
      .end_field();
  writer.literal("via: 1.1 fairlead\r\n");
  EXPECT_EQ(writer.finish(),
            "GET /a?b HTTP/1.1\r\nhost: shop.example\r\ncontent-length: 120\r\n"
            "forwarded: for=203.0.113.7;n=7\r\nvia: 1.1 fairlead\r\n\r\n");
  EXPECT_EQ(writer.fault(), WriteFault::none);
}

TEST(HeadWriter, WritesAResponseHead) {
  std::array<char, 100> out;
  EXPECT_EQ(HeadWriter(out).status_line(503, reason_of(503)).finish(),
            "HTTP/1.1 503 Service Unavailable\r\n\r\n");
  EXPECT_EQ(HeadWriter(out).status_line(299, reason_of(299)).finish(), "HTTP/1.1 299 \r\n\r\n");
}

TEST(HeadWriter, FitsExactlyOrSaysOverflow) {
  const std::string head = "HTTP/1.1 200 OK\r\nX-Long-Name: value\r\n\r\n";
  for (size_t room = 0; room <= head.size() + 1; ++room) {
    const std::unique_ptr<char[]> out(new char[room]);
    HeadWriter writer({out.get(), room});
    writer.status_line(200, "OK").field("X-Long-Name", "value");
    const std::string_view written = writer.finish();
    EXPECT_EQ(written, room < head.size() ? "" : head);
    EXPECT_EQ(writer.fault(), room < head.size() ? WriteFault::overflow : WriteFault::none);
  }
}

TEST(HeadWriter, LineBreaksAndNulAreRefusedAtAnyPlaceOfAnyPiece) {
  for (const char bad : {'\r', '\n', '\0'}) {
    for (size_t size = 1; size < 70; ++size) {
      for (size_t at = 0; at < size; ++at) {
        std::string text(size, 'x');
        text[at] = bad;
        std::array<char, 200> out;
        HeadWriter writer(out);
        writer.status_line(200, "OK").field("x", text).field("y", "z");
        ASSERT_EQ(writer.finish(), "");
        ASSERT_EQ(writer.fault(), WriteFault::refused);
      }
    }
  }
}

TEST(HeadWriter, NothingInjectsALine) {
  const auto fault_of = [](auto write) {
    std::array<char, 200> out;
    HeadWriter writer(out);
    write(writer);
    EXPECT_EQ(writer.finish(), "");
    return writer.fault();
  };
  const auto refused = WriteFault::refused;
  EXPECT_EQ(fault_of([](HeadWriter& w) { w.request_line("GET", "/\r\nx: y"); }), refused);
  EXPECT_EQ(fault_of([](HeadWriter& w) { w.request_line("GET", "/ HTTP/1.1\r\nx: y"); }), refused);
  EXPECT_EQ(fault_of([](HeadWriter& w) { w.request_line("GET", "/a b"); }), refused);
  EXPECT_EQ(fault_of([](HeadWriter& w) { w.request_line("GET", ""); }), refused);
  EXPECT_EQ(fault_of([](HeadWriter& w) { w.request_line("G ET", "/"); }), refused);
  EXPECT_EQ(fault_of([](HeadWriter& w) { w.request_line("G\nET", "/"); }), refused);
  EXPECT_EQ(fault_of([](HeadWriter& w) { w.status_line(200, "OK\nx: y"); }), refused);
  EXPECT_EQ(fault_of([](HeadWriter& w) { w.field("x\r\ny", "z"); }), refused);
  EXPECT_EQ(fault_of([](HeadWriter& w) { w.field("x: y", "z"); }), refused);
  EXPECT_EQ(fault_of([](HeadWriter& w) { w.field("", "z"); }), refused);
  EXPECT_EQ(fault_of([](HeadWriter& w) { w.field(" x", "z"); }), refused);
}

// Property: what the parser read and the writer wrote reads the same again.
std::string random_of(Random& random, std::string_view alphabet, size_t most) {
  std::string text(random.below(static_cast<uint32_t>(most)) + 1, 'a');
  for (char& c : text) c = alphabet[random.below(static_cast<uint32_t>(alphabet.size()))];
  return text;
}

TEST(HeadWriter, WhatIsWrittenIsReadBackTheSame) {
  Random random(7);
  static RequestHead once;
  static RequestHead again;
  std::array<char, 8192> out;
  for (int round = 0; round < 3000; ++round) {
    std::array<char, 8192> source;
    HeadWriter first(source);
    const std::string method = random_of(random, "ABCDEF-_!", 20);
    const std::string target = "/" + random_of(random, "abc/?&=%2f;.", 60);
    first.request_line(method, target).field("Host", "a.example");
    for (uint32_t i = random.below(30); i > 0; --i)
      first.field("x" + random_of(random, "abcABC-_*", 40),
                  random_of(random, "abc ,;\t\xff\x80\"", 90));
    const std::string_view text = first.finish();
    ASSERT_NE(text, "");
    HeadParser parser(Limits{});
    ASSERT_EQ(parser.parse(text, once).state, Parsed::State::complete);
    EXPECT_EQ(once.target, target);
    HeadWriter second(out);
    second.request_line(once.method_text, once.target);
    for (const Field& field : once.fields.all()) second.parsed_field(field);
    ASSERT_EQ(parser.parse(second.finish(), again).state, Parsed::State::complete);
    ASSERT_EQ(again.fields.size(), once.fields.size());
    EXPECT_EQ(again.method_text, once.method_text);
    EXPECT_EQ(again.target, once.target);
    for (size_t i = 0; i < once.fields.size(); ++i) {
      EXPECT_EQ(again.fields.all()[i].name, once.fields.all()[i].name);
      EXPECT_EQ(again.fields.all()[i].value, once.fields.all()[i].value);
    }
  }
}

}  // namespace
}  // namespace fairlead::wire::http1

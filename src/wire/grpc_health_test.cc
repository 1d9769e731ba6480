#include "wire/grpc_health.h"

#include <gtest/gtest.h>

namespace fairlead::wire::grpc {
namespace {

using namespace std::string_literals;

std::string framed(const std::string& message) {
  return "\0\0\0\0"s + static_cast<char>(message.size()) + message;
}

TEST(GrpcHealth, AsksForAServiceOrForTheServer) {
  EXPECT_EQ(health_request(""), "\0\0\0\0\0"s);
  EXPECT_EQ(health_request("ab"), "\0\0\0\0\x04\x0a\x02"s + "ab");
  const std::string longer = health_request(std::string(200, 's'));
  EXPECT_EQ(longer.substr(0, 8), "\0\0\0\0\xcb\x0a\xc8\x01"s);
  EXPECT_EQ(longer.size(), 208u);
}

TEST(GrpcHealth, ReadsTheStatus) {
  EXPECT_EQ(parse_health_response(framed("\x08\x01"s)), Serving::serving);
  EXPECT_EQ(parse_health_response(framed("\x08\x02"s)), Serving::not_serving);
  EXPECT_EQ(parse_health_response(framed("\x08\x03"s)), Serving::service_unknown);
  EXPECT_EQ(parse_health_response(framed("")), Serving::unknown);
  EXPECT_EQ(parse_health_response(framed("\x08\x7f"s)), Serving::unknown);
  EXPECT_EQ(parse_health_response(framed("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s)),
            Serving::unknown);
}

TEST(GrpcHealth, PassesOverFieldsThatItDoesNotKnow) {
  EXPECT_EQ(parse_health_response(
                framed("\x12\x03"s + "abc\x19" + "12345678\x25" + "1234\x30\x05" + "\x08\x01")),
            Serving::serving);
}

TEST(GrpcHealth, TakesTheLastOfTwo) {
  EXPECT_EQ(parse_health_response(framed("\x08\x01\x08\x02"s)), Serving::not_serving);
}

TEST(GrpcHealth, RefusesACutMessageAtEveryByte) {
  const std::string whole = framed("\x12\x02"s + "ab\x08\x81\x01");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_health_response(whole.substr(0, size))) << size;
  }
  for (const std::string& message :
       {"\x08"s, "\x08\x81"s, "\x12\x05"s + "ab", "\x19"s + "123", "\x0b"s, "\x0f"s, "\x00\x01"s,
        "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,
        "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s}) {
    EXPECT_EQ(parse_health_response(framed(message)).error(), "a malformed message");
  }
}

TEST(GrpcHealth, RefusesWhatItDidNotAskFor) {
  EXPECT_FALSE(parse_health_response("\x01\0\0\0\0"s));
  EXPECT_FALSE(parse_health_response("\0\0\0\0\x02\x08\x01\0\0\0\0\0"s));
  EXPECT_FALSE(parse_health_response("\0\xff\xff\xff\xff\x08\x01"s));
}

TEST(GrpcStatus, HasANameOrIsAsItCame) {
  EXPECT_EQ(status_name("0"), "OK");
  EXPECT_EQ(status_name("12"), "UNIMPLEMENTED");
  EXPECT_EQ(status_name("16"), "UNAUTHENTICATED");
  EXPECT_EQ(status_name("17"), "17");
  EXPECT_EQ(status_name("1x"), "1x");
  EXPECT_EQ(status_name(""), "");
}

TEST(GrpcMessage, IsDecodedWhereItIsEncoded) {
  EXPECT_EQ(decode_message("a%20b%0Ac"), "a b\nc");
  EXPECT_EQ(decode_message("100%"), "100%");
  EXPECT_EQ(decode_message("%4"), "%4");
  EXPECT_EQ(decode_message("%zz%41"), "%zzA");
}

}  // namespace
}  // namespace fairlead::wire::grpc

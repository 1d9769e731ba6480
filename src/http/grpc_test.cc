#include "http/grpc.h"

#include <gtest/gtest.h>

#include "http/message_pool.h"

namespace fairlead::http {
namespace {

PooledRequest call(std::string_view type, std::string_view timeout = {}) {
  PooledRequest request = take_request();
  request->method = Method::post;
  request->fields.clear();
  request->fields.add({.name = "content-type", .value = type, .id = FieldId::content_type});
  if (!timeout.empty()) request->fields.add({.name = "grpc-timeout", .value = timeout});
  return request;
}

TEST(Grpc, ACallIsAPostOfItsType) {
  for (const char* type : {"application/grpc", "application/grpc+proto", "Application/GRPC;x=y",
                           "application/grpc-web-text"})
    EXPECT_TRUE(is_grpc(*call(type))) << type;
  for (const char* type : {"", "application/grpcx", "application/json", "text/plain"})
    EXPECT_FALSE(is_grpc(*call(type))) << type;
  const PooledRequest get = call("application/grpc");
  get->method = Method::get;
  EXPECT_FALSE(is_grpc(*get));
}

TEST(Grpc, ATimeoutIsANumberWithAUnit) {
  const auto of = [](std::string_view text) {
    return grpc_timeout(*call("application/grpc", text));
  };
  EXPECT_EQ(of("1H"), 1h);
  EXPECT_EQ(of("2M"), 2min);
  EXPECT_EQ(of("3S"), 3s);
  EXPECT_EQ(of("100m"), 100ms);
  EXPECT_EQ(of("5u"), 5us);
  EXPECT_EQ(of("7n"), 7ns);
  EXPECT_EQ(of("99999999H"), 24h * 365);  // a year is for ever
  for (const char* text : {"", "1", "S", "1s", "-1S", "1.5S", "123456789S", "1 S"})
    EXPECT_EQ(of(text), std::nullopt) << text;
}

TEST(Grpc, WhatIsABackendsFaultCountsAsThat) {
  EXPECT_EQ(http_status_of("14"), 503);
  EXPECT_EQ(http_status_of("4"), 504);
  EXPECT_EQ(http_status_of("13"), 500);
  for (const char* status : {"", "0", "1", "3", "5", "7", "9", "16", "x"})
    EXPECT_EQ(http_status_of(status), 200) << status;
}

TEST(Grpc, OurErrorsHaveACodeOfItsOwn) {
  EXPECT_EQ(grpc_status_of(503), 14);
  EXPECT_EQ(grpc_status_of(504), 4);
  EXPECT_EQ(grpc_status_of(404), 12);
  EXPECT_EQ(grpc_status_of(299), 2);
}

TEST(Grpc, TheStatusIsFoundAmongTrailers) {
  EXPECT_EQ(grpc_status_in("x: y\r\ngrpc-status: 14\r\ngrpc-message: no\r\n"), "14");
  EXPECT_EQ(grpc_status_in("Grpc-Status:0\r\n"), "0");
  EXPECT_EQ(grpc_status_in("x: grpc-status: 1\r\n"), "");
  EXPECT_EQ(grpc_status_in(""), "");
}

TEST(Grpc, AMessageIsVisibleAscii) {
  EXPECT_EQ(grpc_message("No usable backend"), "No usable backend");
  EXPECT_EQ(grpc_message("100% \xc3\xa4\r\n"), "100%25 %C3%A4%0D%0A");
}

}  // namespace
}  // namespace fairlead::http

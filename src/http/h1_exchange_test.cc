#include "http/h1_exchange.h"

#include <gtest/gtest.h>

#include <string>

#include "http/date.h"
#include "http/test_exchange.h"

namespace fairlead::http {
namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kNewYear = "Thu, 01 Jan 2026 00:00:00 GMT";  // of the simulated world

Response response(uint16_t status, Framing framing = Framing::none) {
  Response head;
  head.status = status;
  head.reason = "R";
  head.framing = framing;
  return head;
}

TEST(Date, IsWrittenAsHttpHasIt) {
  EXPECT_EQ(http_date(WallTime(784111777s)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(WallTime(784111777s + 999ms)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(WallTime(784111778s)), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(http_date(WallTime(1709210096s)), "Thu, 29 Feb 2024 12:34:56 GMT");
  EXPECT_EQ(http_date(WallTime()), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(Exchanges, AResponseWithoutADateGetsOne) {
  TestExchange exchange(kGet);
  ASSERT_NE(exchange->respond(response(204)), nullptr);
  exchange->flush();
  EXPECT_EQ(exchange.stream().sent(),
            "HTTP/1.1 204 R\r\ndate: " + std::string(kNewYear) + "\r\n\r\n");
}

TEST(Exchanges, AResponseWithADateKeepsIt) {
  TestExchange exchange(kGet);
  Response head = response(204);
  head.fields.add({.name = "Date", .value = "then", .id = FieldId::date});
  ASSERT_NE(exchange->respond(head), nullptr);
  exchange->flush();
  EXPECT_EQ(exchange.stream().sent(), "HTTP/1.1 204 R\r\nDate: then\r\n\r\n");
}

TEST(Exchanges, AnInterimHeadHasNoDate) {
  TestExchange exchange(kGet);
  exchange->inform(response(103));
  EXPECT_EQ(exchange.stream().sent(), "HTTP/1.1 103 R\r\n\r\n");
}

TEST(Exchanges, CountOnlyTheirOwnBytes) {
  TestExchange exchange(kGet + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(exchange->bytes_in(), kGet.size());
  exchange->respond(response(204));
  exchange->flush();
  EXPECT_EQ(exchange->bytes_out(), exchange.stream().sent().size());
}

TEST(Exchanges, ABodyOfUnknownLengthIsChunkedForOneVersionAndEndsTheOther) {
  TestExchange now(kGet);
  now->respond(response(200, Framing::until_close));
  now->flush();
  EXPECT_NE(now.stream().sent().find("transfer-encoding: chunked\r\n"), std::string::npos);
  TestExchange then("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  then->respond(response(200, Framing::until_close));
  then->flush();
  EXPECT_NE(then.stream().sent().find("connection: close\r\n"), std::string::npos);
}

TEST(Exchanges, AResponseThatCannotBeCompletedEndsTheConnection) {
  TestExchange exchange(kGet);
  ASSERT_NE(exchange->respond(response(200, Framing::length)), nullptr);
  EXPECT_FALSE(exchange->is_complete());
  exchange->break_off();
  exchange->flush();
  EXPECT_FALSE(exchange->is_complete());
  EXPECT_FALSE(exchange->keeps_alive());
}

TEST(Exchanges, AResponseIsTakenBackOnlyBeforeAByteHasLeft) {
  TestExchange exchange(kGet);
  exchange->respond(response(502));
  EXPECT_TRUE(exchange->take_back());
  EXPECT_FALSE(exchange->responded());
  exchange->respond(response(200));
  exchange->flush();
  EXPECT_FALSE(exchange->take_back());
}

}  // namespace
}  // namespace fairlead::http

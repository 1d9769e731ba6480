#include "proxy/access_log.h"

#include <gtest/gtest.h>

#include <string>

#include "http/who_asked.h"

namespace fairlead::proxy {
namespace {

using Format = core::AccessLogConfig::Format;
constexpr WallTime kNow{1767225600s};

Trip trip() {
  Trip trip;
  trip.protocol = "http";
  trip.listener = "web";
  trip.pool = "app";
  trip.backend = "10.0.0.9:80";
  trip.client = "192.0.2.7";
  trip.client_port = 4711;
  trip.method = "GET";
  trip.host = "shop.example";
  trip.target = "/a?b";
  trip.version = "HTTP/1.1";
  trip.status = 200;
  trip.bytes_in = 10;
  trip.bytes_out = 20;
  trip.duration = 1500us;
  trip.upstream = 1ms;
  trip.attempts = 1;
  return trip;
}
std::string json(const Trip& trip) { return format_line(trip, Format::json, kNow); }
std::string text(const Trip& trip) { return format_line(trip, Format::text, kNow); }

TEST(AccessLog, AJsonLineHasWhatIsKnownAndNothingElse) {
  EXPECT_EQ(json(trip()),
            R"({"time":"2026-01-01T00:00:00.000Z","protocol":"http","listener":"web","pool":"app",)"
            R"("backend":"10.0.0.9:80","client":"192.0.2.7","client_port":4711,"method":"GET",)"
            R"("host":"shop.example","uri":"/a?b","version":"HTTP/1.1","status":200,"bytes_in":10,)"
            R"("bytes_out":20,"duration_ms":1.500,"upstream_ms":1.000,"attempts":1})"
            "\n");
}

TEST(AccessLog, ATextLineIsForPeople) {
  EXPECT_EQ(text(trip()),
            "2026-01-01T00:00:00.000Z 192.0.2.7 \"GET /a?b HTTP/1.1\" 200 in=10 out=20 1.5ms "
            "web -> app 10.0.0.9:80\n");
}

TEST(AccessLog, AnErrorNamesItsSide) {
  Trip failed = trip();
  failed.error = "malformed";
  failed.side = "downstream";
  failed.detail = "host is there twice";
  EXPECT_NE(json(failed).find(R"("error":"malformed","side":"downstream","detail":"host is)"),
            std::string::npos);
  EXPECT_TRUE(text(failed).ends_with(" error=downstream/malformed \"host is there twice\"\n"));
}

TEST(AccessLog, ARefusedRetryIsToldAlsoWhereNothingFailed) {
  EXPECT_EQ(with_refused_retry("127.0.0.1:1: connection refused", "app"),
            "127.0.0.1:1: connection refused; the retry budget of pool `app` is used up");
  Trip passed_on = trip();
  passed_on.detail = with_refused_retry("", "app");
  EXPECT_TRUE(text(passed_on).ends_with(" \"the retry budget of pool `app` is used up\"\n"));
  EXPECT_NE(json(passed_on).find(R"("detail":"the retry budget)"), std::string::npos);
}

TEST(AccessLog, WhatWasNotReadIsADash) {
  Trip nothing = trip();
  nothing.method = nothing.target = nothing.version = nothing.pool = nothing.backend = {};
  EXPECT_NE(text(nothing).find(R"("- - -" 200)"), std::string::npos);
  EXPECT_NE(text(nothing).find("web -> - -"), std::string::npos);
}

TEST(AccessLog, APortThatIsNotKnownIsLeftOut) {
  Trip hidden = trip();
  hidden.client = http::kUnixClient;
  hidden.client_port = 0;
  EXPECT_NE(json(hidden).find(R"("client":"unix:","method")"), std::string::npos);
  EXPECT_NE(text(hidden).find(" unix: \"GET"), std::string::npos);
}

TEST(AccessLog, NoByteOfAClientEndsALineOrAText) {
  Trip nasty = trip();
  const std::string bytes("\x16\x03\x00\"\\\r\n\x7f\xff", 9);
  nasty.method = nasty.target = nasty.host = nasty.user_agent = nasty.request_id = bytes;
  const std::string escaped = R"("\u0016\u0003\u0000\"\\\u000d\u000a\u007f\u00ff")";
  EXPECT_NE(json(nasty).find("\"method\":" + escaped), std::string::npos);
  EXPECT_NE(text(nasty).find(" id=" + escaped), std::string::npos);
  for (const std::string& line : {json(nasty), text(nasty)}) {
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(line.find('\r'), std::string::npos);
  }
}

TEST(AccessLog, ATcpLineHasNoRequest) {
  Trip tcp = trip();
  tcp.protocol = "tcp";
  tcp.method = tcp.target = tcp.version = tcp.host = {};
  EXPECT_NE(text(tcp).find(" 192.0.2.7 tcp in=10"), std::string::npos);
}

TEST(AccessLog, SeveralAttemptsAreTold) {
  Trip again = trip();
  again.attempts = 3;
  EXPECT_NE(text(again).find(" attempts=3"), std::string::npos);
  EXPECT_EQ(text(trip()).find("attempts"), std::string::npos);
}

TEST(AccessLog, TellsTheTraceWhereItIsKnown) {
  Trip traced = trip();
  traced.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  EXPECT_TRUE(json(traced).contains(R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736")"));
  EXPECT_TRUE(text(traced).contains(R"( trace="4bf92f3577b34da6a3ce929d0e0e4736")"));
  EXPECT_FALSE(json(trip()).contains("trace_id"));
}

TEST(AccessLog, TellsOfTls) {
  Trip encrypted = trip();
  encrypted.tls = "TLSv1.3";
  encrypted.client_subject = "CN=alice,O=\"A\"";
  EXPECT_TRUE(json(encrypted).contains(R"("tls":"TLSv1.3","client_subject":"CN=alice,O=\"A\"")"))
      << json(encrypted);
  EXPECT_TRUE(text(encrypted).contains(R"( client="CN=alice,O=\"A\"")")) << text(encrypted);
}

}  // namespace
}  // namespace fairlead::proxy

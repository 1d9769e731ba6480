#include "http/fetch_h2.h"

#include <gtest/gtest.h>

#include <optional>

#include "http/test_server.h"
#include "net/scope.h"
#include "net/sim_network.h"
#include "net/sim_world.h"

namespace fairlead::http {
namespace {

using std::chrono_literals::operator""s;
using std::string_literals::operator""s;

const Address kServer(Ip::v4({10, 0, 0, 2}), 80);

// RFC 9113 4.1 and the types of section 6.
std::string frame(char type, char flags, char stream, const std::string& payload) {
  const auto size = payload.size();
  return std::string{static_cast<char>(size >> 16),
                     static_cast<char>(size >> 8),
                     static_cast<char>(size),
                     type,
                     flags,
                     0,
                     0,
                     0,
                     stream} +
         payload;
}
const std::string kSettings = frame(4, 0, 0, "");
std::string headers(const std::string& block, bool last) {
  return frame(1, static_cast<char>(last ? 5 : 4), 1, block);
}
std::string data(const std::string& bytes, bool last) { return frame(0, last ? 1 : 0, 1, bytes); }
// RFC 7541 6.2.2: a literal that is not indexed.
std::string field(const std::string& name, const std::string& value) {
  return "\0"s + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
}
const std::string k200 = "\x88";  // RFC 7541, appendix A

class FetchingH2 : public testing::Test {
 protected:
  // TestServer answers once the double line break of HTTP/2's preface has come.
  void serve(std::string response) { server_.emplace(there_, kServer, std::move(response)); }

  Result<Fetched> post(size_t max_body = 1024) {
    std::optional<Result<Fetched>> result;
    const FetchRequest request{
        .method = "POST", .path = "/a", .fields = {{"te", "trailers"}}, .body = "ask"};
    const auto run = [&]() -> net::Task<void> {
      result = co_await fetch_h2(here_, kServer, request, here_.now() + 2s, max_body);
    };
    net::Scope scope;
    scope.spawn(run());
    world_.run_until([&] { return result.has_value(); }, world_.now() + 60s);
    return result.value_or(fail(Code::internal, Side::internal, "the fetch never ended"));
  }

  std::string failure() {
    const auto fetched = post();
    return fetched ? "none" : fetched.error().detail;
  }

  net::SimWorld world_{1};
  net::SimNetwork here_{world_, Ip::v4({10, 0, 0, 1})};
  net::SimNetwork there_{world_, Ip::v4({10, 0, 0, 2})};
  std::optional<TestServer> server_;
};

TEST_F(FetchingH2, GivesStatusFieldsBodyAndTrailers) {
  serve(kSettings + headers(k200 + field("content-type", "application/grpc"), false) +
        data("answer", false) + headers(field("grpc-status", "0"), true));
  const auto fetched = post();
  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_EQ(fetched->status, 200);
  EXPECT_EQ(fetched->content_type, "application/grpc");
  EXPECT_EQ(fetched->body, "answer");
  EXPECT_TRUE(fetched->is_whole);
  ASSERT_EQ(fetched->fields.size(), 2u);
  EXPECT_EQ(fetched->fields[1], (std::pair<std::string, std::string>("grpc-status", "0")));
  EXPECT_TRUE(server_->last_request().starts_with("PRI * HTTP/2.0\r\n\r\n"));
}

TEST_F(FetchingH2, PassesOverInterimHeads) {
  serve(kSettings + headers(field(":status", "103") + field("x", "y"), false) +
        headers(k200 + field("z", "1"), true));
  const auto fetched = post();
  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_EQ(fetched->status, 200);
  EXPECT_EQ(fetched->fields.size(), 1u);
}

TEST_F(FetchingH2, StopsReadingAtTheLimit) {
  serve(kSettings + headers(k200, false) + data(std::string(5000, 'x'), true));
  const auto fetched = post(1000);
  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_EQ(fetched->body.size(), 1000u);
  EXPECT_FALSE(fetched->is_whole);
}

TEST_F(FetchingH2, SaysThatTheServerSpeaksHttp1) {
  serve("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(failure(), "the server answers with HTTP/1, not HTTP/2");
}

TEST_F(FetchingH2, SaysThatTheServerSpeaksSomethingElse) {
  serve("SSH-2.0-OpenSSH_9.2\r\n" + std::string(100, 'x'));
  EXPECT_EQ(failure(), "the server does not speak HTTP/2");
}

TEST_F(FetchingH2, SaysThatTheStreamWasBrokenOff) {
  serve(kSettings + frame(3, 0, 1, "\0\0\0\x07"s));
  EXPECT_EQ(failure(), "the stream was broken off: REFUSED_STREAM");
}

TEST_F(FetchingH2, SaysThatTheConnectionWasClosed) {
  serve(kSettings);
  EXPECT_EQ(failure(), "the connection was closed without a response");
}

TEST_F(FetchingH2, SaysThatNobodyListensOrAnswers) {
  EXPECT_EQ(failure(), "connection refused");
  serve("");
  server_->read_at_least(1'000'000);
  EXPECT_EQ(failure(), "no response within 2.0 s");
}

TEST_F(FetchingH2, RefusesFieldsWithoutEnd) {
  std::string block = k200;
  for (int i = 0; i < 300; ++i) block += field("x", "y");
  serve(kSettings + headers(block, true));
  EXPECT_EQ(failure(), "the response has too many or too long fields");
}

TEST_F(FetchingH2, RefusesFramesWithoutEnd) {
  std::string frames = kSettings;
  for (int i = 0; i < 20000; ++i) frames += frame(99, 0, 0, "nothing");
  serve(frames);
  EXPECT_EQ(failure(), "the response does not come to its end");
}

TEST_F(FetchingH2, RefusesToSendALineBreak) {
  std::optional<Result<Fetched>> result;
  const FetchRequest request{.path = "/a\r\nb"};
  const auto run = [&]() -> net::Task<void> {
    result = co_await fetch_h2(here_, kServer, request, here_.now() + 2s, 10);
  };
  net::Scope scope;
  scope.spawn(run());
  world_.run_until([&] { return result.has_value(); }, world_.now() + 60s);
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, Code::invalid);
}

}  // namespace
}  // namespace fairlead::http

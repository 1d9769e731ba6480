#include "http/fetch.h"

#include <gtest/gtest.h>

#include <optional>

#include "http/test_server.h"
#include "net/dial.h"
#include "net/scope.h"
#include "net/sim_network.h"
#include "net/sim_world.h"

namespace fairlead::http {
namespace {

const Ip kHere = Ip::v4({10, 0, 0, 1});
const Ip kThere = Ip::v4({10, 0, 0, 2});
const Address kServer(kThere, 80);

class Fetching : public testing::Test {
 protected:
  void serve(std::string response) { server_.emplace(there_, kServer, std::move(response)); }

  Result<Fetched> get(FetchRequest request = {}, size_t max_body = 1024, Duration patience = 5s) {
    std::optional<Result<Fetched>> result;
    const auto run = [&]() -> net::Task<void> {
      result = co_await fetch(here_, kServer, std::move(request), here_.now() + patience, max_body);
    };
    net::Scope scope;
    scope.spawn(run());
    world_.run_until([&] { return result.has_value(); }, world_.now() + 60s);
    return result.value_or(fail(Code::internal, Side::internal, "the fetch never ended"));
  }

  net::SimWorld world_{1};
  net::SimNetwork here_{world_, kHere};
  net::SimNetwork there_{world_, kThere};
  std::optional<TestServer> server_;
};

TEST_F(Fetching, GivesStatusTypeAndBody) {
  serve("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello");
  const auto fetched = get({.path = "/a?b=c", .fields = {{"x-one", "1"}}});
  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_EQ(fetched->status, 200);
  EXPECT_EQ(fetched->content_type, "text/plain");
  EXPECT_EQ(fetched->body, "hello");
  EXPECT_TRUE(fetched->is_whole);
  EXPECT_EQ(server_->last_request(),
            "GET /a?b=c HTTP/1.1\r\nhost: 10.0.0.2:80\r\nx-one: 1\r\nconnection: close\r\n\r\n");
}

TEST_F(Fetching, NamesTheHostItIsTold) {
  serve("HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(get({.host = "app.example"}));
  EXPECT_NE(server_->last_request().find("\r\nhost: app.example\r\n"), std::string::npos);
}

TEST_F(Fetching, SendsABodyOfAnySize) {
  serve("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n");
  server_->read_at_least(200'000);
  const auto fetched = get({.method = "POST", .body = std::string(200'000, 'x')});
  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_EQ(fetched->status, 201);
  EXPECT_NE(server_->last_request().find("content-length: 200000\r\n"), std::string::npos);
}

TEST_F(Fetching, PassesOverInterimHeadsAndDecodesChunks) {
  serve(
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  const auto fetched = get();
  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_EQ(fetched->body, "abcde");
}

TEST_F(Fetching, HasEnoughOfInterimHeadsAtSomePoint) {
  std::string hints;
  for (int i = 0; i < 33; ++i) hints += "HTTP/1.1 103 Early Hints\r\n\r\n";
  serve(hints + "HTTP/1.1 204 No Content\r\n\r\n");
  const auto fetched = get();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Code::malformed);
  EXPECT_EQ(fetched.error().detail, "too many interim responses");
}

TEST_F(Fetching, StopsReadingAtTheLimit) {
  serve("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + std::string(100'000, 'y'));
  const auto fetched = get({}, 1000);
  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_EQ(fetched->body.size(), 1000u);
  EXPECT_FALSE(fetched->is_whole);
}

TEST_F(Fetching, SaysThatNobodyListens) {
  const auto fetched = get();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Code::refused);
  EXPECT_EQ(fetched.error().detail, "connection refused");
}

TEST_F(Fetching, SaysThatConnectingTookTooLong) {
  world_.set_plan({.silence = 1});
  const auto fetched = get({}, 1024, 2s);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Code::connect_timeout);
  EXPECT_EQ(fetched.error().detail, "connect timed out after 2.0 s");
}

TEST_F(Fetching, SaysThatNoResponseCame) {
  serve("");
  server_->read_at_least(1'000'000);
  const auto fetched = get({}, 1024, 500ms);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Code::timeout);
  EXPECT_EQ(fetched.error().detail, "no response within 500 ms");
}

TEST_F(Fetching, SaysThatTheResponseStopped) {
  serve("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
  const auto fetched = get();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Code::closed);
}

TEST_F(Fetching, SaysThatTheConnectionWasClosedWithoutAResponse) {
  serve("");
  const auto fetched = get();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().detail, "the connection was closed without a response");
}

TEST_F(Fetching, RefusesWhatIsNoHttp) {
  serve("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  const auto fetched = get();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Code::malformed);
  EXPECT_TRUE(fetched.error().detail.starts_with("malformed response: ")) << fetched.error().detail;
}

TEST_F(Fetching, RefusesToSendALineBreak) {
  serve("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  const auto fetched = get({.path = "/a\r\nx: y"});
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, Code::invalid);
}

TEST(SpanText, IsShort) {
  EXPECT_EQ(net::span_text(250ms), "250 ms");
  EXPECT_EQ(net::span_text(5s), "5.0 s");
}

}  // namespace
}  // namespace fairlead::http

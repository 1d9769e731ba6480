#include "http/h2_connection.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/answer.h"
#include "http/fetch_h2.h"
#include "http/h2_client_connection.h"
#include "http/message_pool.h"
#include "http/pump.h"
#include "http/test_echo.h"
#include "net/dial.h"
#include "net/sim_network.h"
#include "net/sim_world.h"

namespace fairlead::http {
namespace {

const Ip kHere = Ip::v4({10, 0, 0, 1});
const Ip kThere = Ip::v4({10, 0, 0, 2});
const Address kServer(kThere, 80);

// One client's exchange over H2Client, its response whole.
struct Call {
  std::string method = "POST";
  std::string path = "/";
  std::string body;
  uint16_t status = 0;
  std::string answer;
  std::string trailers;
  Error error{};
  bool is_over = false;
};

class OverHttp2 : public testing::Test {
 protected:
  struct Nothing : net::Waiter {
    Nothing() : Waiter([](net::Waiter&) {}) {}
  };

  OverHttp2() { serving_.spawn(accept()); }

  net::Task<void> accept() {
    net::Alarm alarm(there_.wheel());
    while (true) {
      auto stream = acceptor_->accept();
      if (stream && *stream)
        serving_.spawn(H2Connection::serve(there_, std::move(*stream), service_));
      else
        co_await net::wait_for(alarm, kNever, acceptor_->acceptable());
    }
  }

  net::Task<void> connect() {
    auto stream = co_await net::dial(here_, kServer, here_.now() + 5s);
    connection_ = std::make_unique<H2ClientConnection>(here_, std::move(*stream), 60s, 100, over_);
  }

  net::Task<void> run(Call& call) {
    const std::unique_ptr<Client> client = connection_->open();
    {
      const PooledRequest request = take_request();
      request->method = wire::http1::method_of(call.method);
      request->method_text = call.method;
      request->target = call.path;
      request->authority = "a.example";
      request->fields.clear();
      request->framing = call.body.empty() ? Framing::none : Framing::length;
      request->content_length = call.body.size();
      client->send(*request, "a.example");
    }
    net::Alarm alarm(here_.wheel());
    std::string_view rest = call.body;
    const PooledResponse head = take_response();
    bool has_head = false;
    while (!call.is_over) {
      while (!rest.empty()) {
        const net::Io io = client->sink().write(rest);
        if (io.state != net::Io::State::done) break;
        rest.remove_prefix(io.count);
      }
      if (rest.empty()) client->sink().finish({});
      if (!has_head) {
        const HeadState state = client->read_head(*head);
        has_head = state == HeadState::complete && head->status >= 200;
        if (has_head) call.status = head->status;
        if (state == HeadState::failed || state == HeadState::fault) break;
      }
      while (has_head) {
        const Piece piece = client->source().peek(true);
        if (piece.state == Piece::State::data) {
          call.answer.append(piece.bytes.data(), piece.bytes.size());
          client->source().consume(piece.bytes.size());
          continue;
        }
        call.is_over = piece.state != Piece::State::blocked;
        break;
      }
      if (call.is_over) break;
      net::Event* writable = rest.empty() ? nullptr : &client->stream().writable();
      co_await net::wait_for_any(alarm, here_.now() + 30s,
                                 std::array<net::Event*, 3>{&client->stream().readable(), writable,
                                                            &client->stream().broken()});
    }
    call.error = client->error();
    call.trailers = client->source().trailers();
    call.is_over = true;
  }

  void run_all(std::vector<Call>& calls) {
    if (!connection_) {
      asking_.spawn(connect());
      world_.run_until([&] { return connection_ != nullptr; }, world_.now() + 10s);
    }
    for (Call& call : calls) asking_.spawn(run(call));
    world_.run_until([&] { return std::ranges::all_of(calls, &Call::is_over); },
                     world_.now() + 60s);
  }

  net::SimWorld world_{1};
  net::SimNetwork here_{world_, kHere};
  net::SimNetwork there_{world_, kThere};
  TestEcho service_;
  std::unique_ptr<net::Acceptor> acceptor_ = std::move(*there_.listen(kServer));
  net::Scope serving_;
  Nothing over_;
  std::unique_ptr<H2ClientConnection> connection_;
  net::Scope asking_;
};

TEST_F(OverHttp2, ABodyComesBackAsItWent) {
  for (const size_t size : {0, 1, 1000, 70'000, 3'000'000}) {
    std::vector<Call> calls(1);
    calls[0].body = std::string(size, 'x') + (size > 0 ? "end" : "");
    run_all(calls);
    EXPECT_EQ(calls[0].status, 200) << size;
    EXPECT_TRUE(calls[0].answer == calls[0].body) << size;
  }
}

TEST_F(OverHttp2, ManyExchangesShareAConnection) {
  std::vector<Call> calls(90);
  for (size_t i = 0; i < calls.size(); ++i)
    calls[i].body = std::string(20'000, 'a') + std::to_string(i);
  run_all(calls);
  for (const Call& call : calls) EXPECT_TRUE(call.status == 200 && call.answer == call.body);
  EXPECT_EQ(service_.connections(), 1);
  EXPECT_EQ(service_.most_at_once(), 90);
}

TEST_F(OverHttp2, TrailersComeBehindTheBody) {
  service_.set_trailers("grpc-status: 0\r\nx-sum: 12\r\n");
  std::vector<Call> calls(1);
  calls[0].body = "hello";
  run_all(calls);
  EXPECT_EQ(calls[0].trailers, "grpc-status: 0\r\nx-sum: 12\r\n");
}

TEST_F(OverHttp2, AHeadOnlyAnswerEndsTheStream) {
  std::vector<Call> calls(1);
  calls[0].method = "HEAD";
  run_all(calls);
  EXPECT_EQ(calls[0].status, 200);
  EXPECT_EQ(calls[0].answer, "");
}

TEST_F(OverHttp2, AnExchangeThatEndsWithoutAnAnswerIsReset) {
  service_.answer_nothing();
  std::vector<Call> calls(1);
  run_all(calls);
  EXPECT_EQ(calls[0].status, 0);
  EXPECT_EQ(calls[0].error.side, Side::upstream);
}

TEST_F(OverHttp2, ACallThatIsDroppedBeforeItWasSentHarmsNobody) {
  std::vector<Call> calls(1);
  calls[0].body = "first";
  run_all(calls);
  {
    const PooledRequest request = take_request();
    request->method = Method::get;
    request->method_text = "GET";
    request->target = "/";
    request->authority = "a.example";
    request->framing = Framing::none;
    request->fields.clear();
    connection_->open()->send(*request, "a.example");
  }
  connection_->open();  // not even asked
  std::vector<Call> others(1);
  others[0].body = "second";
  run_all(others);
  EXPECT_EQ(others[0].answer, "second");
  EXPECT_TRUE(connection_->has_room());
}

TEST_F(OverHttp2, ADrainLetsWhatRunsEndAndTakesNoMore) {
  service_.hold();
  std::vector<Call> calls(2);
  calls[0].body = calls[1].body = "held";
  asking_.spawn(connect());
  world_.run_until([&] { return connection_ != nullptr; }, world_.now() + 10s);
  for (Call& call : calls) asking_.spawn(run(call));
  world_.run_until([&] { return service_.live() == 2; }, world_.now() + 10s);
  service_.drain();
  world_.run_until([&] { return !connection_->has_room(); }, world_.now() + 10s);
  EXPECT_FALSE(connection_->has_room());
  service_.release(there_.ready());
  const auto is_done = [&] { return calls[0].is_over && calls[1].is_over && service_.open() == 0; };
  world_.run_until(is_done, world_.now() + 10s);
  EXPECT_EQ(calls[0].answer, "held");
  EXPECT_EQ(calls[1].answer, "held");
  EXPECT_TRUE(connection_->is_over());
  EXPECT_EQ(service_.open(), 0);
}

TEST_F(OverHttp2, AnIdleConnectionEndsInTime) {
  std::vector<Call> calls(1);
  run_all(calls);
  EXPECT_EQ(service_.open(), 1);
  world_.run_until([&] { return service_.open() == 0; }, world_.now() + 120s);
  EXPECT_EQ(service_.open(), 0);
}

TEST_F(OverHttp2, TheProbesOwnClientIsUnderstood) {
  std::optional<Result<Fetched>> result;
  const auto ask = [&]() -> net::Task<void> {
    result = co_await fetch_h2(here_, kServer, {.method = "POST", .body = "hello"},
                               here_.now() + 5s, 1024);
  };
  asking_.spawn(ask());
  world_.run_until([&] { return result.has_value(); }, world_.now() + 10s);
  ASSERT_TRUE(*result) << result->error().detail;
  EXPECT_EQ((*result)->body, "hello");
}

}  // namespace
}  // namespace fairlead::http

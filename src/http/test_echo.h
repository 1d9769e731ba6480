// TestEcho: a service that sends each body back, and counts. For tests alone.
#pragma once

#include <algorithm>
#include <string>

#include "http/connection.h"
#include "http/message_pool.h"
#include "http/pump.h"
#include "http/service.h"
#include "net/wait.h"

namespace fairlead::http {

class TestEcho final : public Service {
 public:
  ConnectionOptions options() const override {
    ConnectionOptions options;
    options.http2 = true;
    return options;
  }
  bool is_draining() const override { return draining_; }
  void refused(Exchange&, const Error&) override { ++refused_; }
  void opened(Connection& connection) override {
    ++connections_, ++open_;
    all_.push_back(connection);
  }
  void closed() override { --open_; }

  net::Task<void> serve(Exchange& exchange) override {
    most_at_once_ = std::max(most_at_once_, ++live_);
    const Leave leave{*this};
    while (held_ && !exchange.stream().broken().is_set())
      co_await net::wait_for(exchange.alarm(), exchange.network().now() + 10ms,
                             exchange.stream().broken());
    if (silent_) co_return;
    Sink* sink = nullptr;
    {
      const PooledResponse head = take_response();
      head->status = 200;
      head->framing = Framing::chunked;
      head->has_content_length = false;
      head->upgrade = false;
      head->fields.clear();
      sink = exchange.respond(*head);
    }
    if (!sink) co_return;
    while (true) {
      const Piece piece = exchange.body().peek(true);
      net::Io io = net::Io::blocked();
      if (piece.state == Piece::State::failed) co_return;
      if (piece.state == Piece::State::end || exchange.request().method == Method::head) {
        io = sink->finish(trailers_);
        if (io.state == net::Io::State::done) co_return;
      } else if (piece.state == Piece::State::data) {
        io = sink->write(piece.bytes);
        if (io.state == net::Io::State::done) exchange.body().consume(io.count);
        if (io.state == net::Io::State::done) continue;
      } else {
        sink->flush();
      }
      if (io.state == net::Io::State::failed) co_return;
      net::Event& news = piece.state == Piece::State::blocked ? exchange.stream().readable()
                                                              : exchange.stream().writable();
      co_await net::wait_for(exchange.alarm(), exchange.network().now() + 30s, news,
                             exchange.stream().broken());
      if (exchange.stream().broken().is_set()) co_return;
    }
  }

  void set_trailers(std::string trailers) { trailers_ = std::move(trailers); }
  void answer_nothing() { silent_ = true; }
  void drain() {
    draining_ = true;
    all_.for_each([](Connection& connection) { connection.nudge(); });
  }
  void hold() { held_ = true; }
  void release(net::ReadyQueue&) { held_ = false; }
  int connections() const { return connections_; }
  int open() const { return open_; }
  int live() const { return live_; }
  int most_at_once() const { return most_at_once_; }

 private:
  struct Leave {
    TestEcho& echo;
    ~Leave() { --echo.live_; }
  };

  net::List<Connection> all_;
  std::string trailers_;
  bool silent_ = false;
  bool draining_ = false;
  bool held_ = false;
  int connections_ = 0;
  int open_ = 0;
  int live_ = 0;
  int most_at_once_ = 0;
  int refused_ = 0;
};

}  // namespace fairlead::http

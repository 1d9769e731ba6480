// Probing: asks a server in a simulated world once, and gives what came of it. For tests alone.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/probe/probe.h"
#include "net/scope.h"
#include "net/sim_network.h"
#include "net/sim_world.h"

namespace fairlead::control {

// Answers one connection after another: for each time that something is heard, the next text. Then
// it closes, or stays silent.
class ScriptedServer {
 public:
  ScriptedServer(net::Network& network, const Address& address, std::vector<std::string> answers,
                 bool closes)
      : network_(network),
        answers_(std::move(answers)),
        closes_(closes),
        acceptor_(std::move(*network.listen(address))) {
    accepting_.spawn(accept());
  }
  const std::string& heard() const { return heard_; }

 private:
  net::Task<void> accept() {
    net::Alarm alarm(network_.wheel());
    while (true) {
      auto stream = acceptor_->accept();
      if (stream && *stream) {
        serving_.spawn(serve(std::move(*stream)));
      } else {
        co_await net::wait_for(alarm, kNever, acceptor_->acceptable());
      }
    }
  }
  net::Task<void> serve(std::unique_ptr<net::Stream> stream) {
    net::Alarm alarm(network_.wheel());
    for (const std::string& answer : answers_) {
      char bytes[4096];
      net::Io io = stream->read(bytes);
      while (io.state == net::Io::State::blocked) {
        co_await net::wait_for(alarm, kNever, stream->readable());
        io = stream->read(bytes);
      }
      if (io.state != net::Io::State::done) co_return;
      heard_.append(bytes, io.count);
      if (!answer.empty()) stream->write(answer);
    }
    if (!closes_) co_await net::sleep_until(alarm, kNever);
  }

  net::Network& network_;
  std::vector<std::string> answers_;
  bool closes_;
  std::string heard_;
  std::unique_ptr<net::Acceptor> acceptor_;
  net::Scope serving_;
  net::Scope accepting_;
};

class Probing : public testing::Test {
 protected:
  void answer(std::vector<std::string> answers, bool closes = false) {
    server_.emplace(there_, kServer, std::move(answers), closes);
  }

  // "passed: PONG"
  std::string probe(const core::ProbeConfig& config) {
    const std::unique_ptr<Probe> one = make_probe(config);
    std::optional<ProbeResult> result;
    const auto run = [&]() -> net::Task<void> {
      result = co_await one->run(here_, Asked{kServer, tls_}, here_.now() + 2s);
    };
    net::Scope scope;
    scope.spawn(run());
    world_.run_until([&] { return result.has_value(); }, world_.now() + 60s);
    if (!result) return "never ended";
    return std::string(name_of(result->verdict)) + ": " + result->words;
  }

  const Address kServer{Ip::v4({10, 0, 0, 2}), 9000};
  net::SimWorld world_{1};
  net::SimNetwork here_{world_, Ip::v4({10, 0, 0, 1})};
  std::shared_ptr<net::TlsClient> tls_;
  net::SimNetwork there_{world_, Ip::v4({10, 0, 0, 2})};
  std::optional<ScriptedServer> server_;
};

}  // namespace fairlead::control

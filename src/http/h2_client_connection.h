// H2ClientConnection: our connection of HTTP/2 to a backend, for many exchanges at once.
//
// Ends when the backend says so or leaves, when it is idle for too long, and when it is silent
// though a request had to be given up.
#pragma once

#include <memory>

#include "http/h2_client.h"
#include "http/h2_session.h"
#include "net/scope.h"

namespace fairlead::http {

class H2ClientConnection final : private H2Session {
 public:
  // `below` is connected. `streams`: that the backend takes at once, until it says so itself.
  // `over` is run, once, when the connection is of no use any more: it may destroy it.
  H2ClientConnection(net::Network& network, std::unique_ptr<net::Stream> below,
                     Duration idle_timeout, uint32_t streams, net::Waiter& over);
  ~H2ClientConnection() override;

  // Without having been told otherwise.
  static constexpr uint32_t kMostStreams = 100;
  // Exchanges that it may have at once.
  uint32_t most_streams() const;
  // Whether one more may begin on it.
  bool has_room() const;
  bool is_over() const { return over_; }
  // Whether an exchange was begun on it.
  bool is_used() const { return used_; }
  // Whether it is open as far as the kernel knows. Cost: a system call where nothing runs on it.
  bool is_alive();
  // REQUIRES: has_room().
  std::unique_ptr<Client> open();
  // No further exchange; it ends behind those that run.
  void retire();

 private:
  friend class H2Client;
  H2Session& session() { return *this; }
  void take_in(std::shared_ptr<H2Stream> stream) { join(std::move(stream)); }
  net::Task<void> run();
  void told_to_go() override { leaving_ = true; }
  void given_up() override;
  Instant deadline() const;
  bool is_late();

  Duration idle_timeout_;
  uint32_t assumed_streams_;
  net::Waiter& told_over_;
  net::Alarm alarm_;
  Instant idle_since_;
  Instant doubted_since_ = kNever;  // a request was given up, and nothing has come since
  uint64_t reads_at_doubt_ = 0;
  bool leaving_ = false;
  bool over_ = false;
  bool used_ = false;
  net::Scope task_;  // last: it uses all the others
};

}  // namespace fairlead::http

// Listener: what a worker does with the connections of one listener of the configuration.
//
// One class for each protocol (list.inc). Owns its connections; counts them; knows when they are to
// come to an end.
#pragma once

#include <memory>

#include "net/network.h"
#include "net/scope.h"
#include "net/stream.h"
#include "net/task.h"
#include "net/tls_server.h"
#include "proxy/handshakes.h"
#include "proxy/view.h"

namespace fairlead::proxy {

class Worker;

class Listener {
 public:
  Listener(Worker& worker, core::Protocol protocol) : worker_(worker), protocol_(protocol) {}
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;

  core::Protocol protocol() const { return protocol_; }
  // From now on this view; `index`: where the listener stands in its snapshot.
  void obey(std::shared_ptr<const View> view, size_t index);
  // Serves a new connection, or closes it at once where there are too many.
  void admit(std::unique_ptr<net::Stream> stream);

  // No further connections will come; those that are here are to end when they can.
  void drain();
  bool is_draining() const;
  // Breaks off all connections. REQUIRES: not called from one of their tasks.
  void cut() { scope_.cancel_all(); }
  size_t connections() const { return connections_; }

 protected:
  // What a client that speaks HTTP without TLS is told where TLS is spoken; empty: nothing.
  virtual std::string_view answer_to_plain_http() const { return {}; }
  // Serves one connection to its end, then calls closed(), also where it is cancelled.
  virtual net::Task<void> serve(std::unique_ptr<net::Stream> stream) = 0;
  void closed();
  // Connections that are idle are to look up.
  virtual void nudge() = 0;

  Worker& worker_;
  std::shared_ptr<const View> view_;
  const core::ListenerSnapshot* snapshot_ = nullptr;  // of view_
  core::ListenerTally* tally_ = nullptr;              // of snapshot_

 private:
  bool may_shake_hands();
  void obey_tls(const core::ListenerConfig* before);
  net::Task<void> serve_encrypted(std::unique_ptr<net::Stream> stream);

  core::Protocol protocol_;
  std::shared_ptr<const net::TlsServer> tls_;  // null: clear text, or it cannot be spoken
  Handshakes handshakes_;
  bool draining_ = false;
  size_t connections_ = 0;
  net::Scope scope_;
};

// Of list.inc.
std::unique_ptr<Listener> make_listener(core::Protocol protocol, Worker& worker);

}  // namespace fairlead::proxy

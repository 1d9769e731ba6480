// Worker: one thread of the data path: its loop, listeners, pools and connections.
//
// Obeys snapshots, shares little with other workers (ARCHITECTURE.md has the list). All of it runs
// on the thread of its network; who is elsewhere posts.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/random.h"
#include "net/hmac_seal.h"
#include "net/network.h"
#include "net/scope.h"
#include "net/ticket_keys.h"
#include "net/tls_library.h"
#include "proxy/dialer.h"
#include "proxy/errands.h"
#include "proxy/filter/mirror.h"
#include "proxy/listener.h"
#include "proxy/outside.h"
#include "proxy/upstreams.h"
#include "proxy/view.h"

namespace fairlead::proxy {

// A socket that listens, for one of the addresses of a snapshot's listeners.
struct OpenDoor {
  Address address;
  std::unique_ptr<net::Acceptor> acceptor;
};

class Worker {
 public:
  // `index`: which of the workers this is, from 0. `most_connections`: of clients at once; more
  // wait in the kernel's queue, so that descriptors are left for backends, probes and the admin
  // address. `ticket_keys`: those of all workers.
  Worker(net::Network& network, uint32_t index, uint64_t seed, Outside& outside,
         size_t most_connections = SIZE_MAX,
         std::shared_ptr<net::TicketKeys> ticket_keys = std::make_shared<net::TicketKeys>());
  ~Worker();

  // From now on this snapshot. `doors`: sockets for the addresses that are new in it. Listeners
  // that it does not name any more stop accepting and drain.
  void obey(std::shared_ptr<const core::Snapshot> snapshot, std::vector<OpenDoor> doors);

  // Takes what is in the accept queues, closes the doors, lets every connection come to its end,
  // then calls `done`.
  void drain(std::function<void()> done);
  bool is_draining() const { return draining_; }
  // Calls off what runs at this backend: it breaks off, or goes on elsewhere where that is safe.
  void cut_backend(uint32_t backend) { errands_.call_off(backend, network_.ready()); }
  // Writes into the backend's tally since when the oldest of what this worker has there runs.
  void survey(const core::Backend& backend);
  // Breaks off what is still there. REQUIRES: not called from a connection's task.
  void cut();
  // Connections that are open, those of listeners that are gone included.
  size_t connections() const;

  net::Network& network() { return network_; }
  Upstreams& upstreams() { return upstreams_; }
  Dialer& dialer() { return dialer_; }
  Errands& errands() { return errands_; }
  Mirrors& mirrors() { return mirrors_; }
  Outside& outside() { return outside_; }
  Random& random() { return random_; }
  // OpenSSL for this thread, begun when a listener or a pool first needs it.
  const net::TlsLibrary& tls_library();
  // What cookies are sealed with; null: nothing is.
  const Seal* seal() const { return seal_.get(); }
  const std::shared_ptr<net::TicketKeys>& ticket_keys() const { return ticket_keys_; }
  uint32_t index() const { return index_; }
  const std::shared_ptr<const View>& view() const { return view_; }
  // A listener's last connection has ended.
  void listener_is_empty();

 private:
  // One open socket and the listener that serves it at the moment.
  struct Door {
    std::unique_ptr<net::Acceptor> acceptor;
    Listener* listener = nullptr;
    net::Scope accepting;
  };

  void take_keys(const core::Snapshot& snapshot);
  std::shared_ptr<const View> make_view(std::shared_ptr<const core::Snapshot> snapshot);
  void update_listeners(const core::Snapshot& snapshot);
  void update_doors(const core::Snapshot& snapshot);
  void close_door(Door& door);
  net::Task<void> accept_from(Door& door);
  net::Task<void> rest_from_accepting(net::Alarm& alarm, const Error& error);
  bool accept_some(Door& door, Error& error);
  bool is_full() const { return connections() >= most_connections_; }

  net::Network& network_;
  Outside& outside_;
  uint32_t index_;
  size_t most_connections_;
  Random random_;
  std::shared_ptr<net::TicketKeys> ticket_keys_;
  std::unique_ptr<net::TlsLibrary> tls_library_;
  std::shared_ptr<const core::SealKeys> seal_keys_;
  std::unique_ptr<const net::HmacSeal> seal_;  // of seal_keys_
  Dialer dialer_;
  Upstreams upstreams_;
  Errands errands_;
  Mirrors mirrors_{*this};
  std::map<std::string, std::shared_ptr<core::Pool>> pools_;  // by name
  std::shared_ptr<const View> view_;
  std::map<std::string, std::unique_ptr<Listener>> listeners_;  // by name
  std::vector<std::unique_ptr<Listener>> retired_;  // no longer in the snapshot, not yet empty
  std::map<Address, Door> doors_;
  bool draining_ = false;
  std::function<void()> drained_;
  Instant complained_at_{};  // about exhausted descriptors
};

}  // namespace fairlead::proxy

// Sockets: the addresses that are listened on, over all workers.
//
// Opened on the control thread, before anything else changes: a port in use refuses the start, or
// the reload, as a whole.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/worker_thread.h"
#include "core/config/config.h"
#include "core/config/problem.h"

namespace fairlead::app {

// What to do about an address that cannot be listened on; may be empty.
std::string hint_for(const Address& address, Code code);

class Sockets {
 public:
  explicit Sockets(uint32_t workers) : workers_(workers) {}

  // Opens what this configuration listens on and the one before did not: for each worker its
  // sockets. On any failure nothing is opened, and a problem names each listener's place.
  std::expected<std::vector<std::vector<OpenSocket>>, core::Problems> open(
      const core::Config& config);
  // The configuration is in force: addresses that it does not name are no longer ours.
  void settle(const core::Config& config);
  // Where the addresses of a listener really are: with their ports where 0 was asked for.
  std::vector<Address> bound(const core::ListenerConfig& listener) const;

 private:
  Result<std::vector<net::ListeningSocket>> open_at(const Address& address);
  // Sockets of ours that listen there still, if only until a worker closes them; or null.
  std::shared_ptr<const net::Claim> neighbour_of(const Address& address);
  void add(const Address& address, std::vector<net::ListeningSocket> sockets,
           std::vector<std::vector<OpenSocket>>& by_worker);

  const uint32_t workers_;
  std::map<Address, Address> opening_;                   // by open(), until settle()
  std::map<Address, Address> open_;                      // as configured -> as it is
  std::vector<std::weak_ptr<const net::Claim>> claims_;  // of all that was opened, oldest first
};

}  // namespace fairlead::app

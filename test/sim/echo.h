// Echo: a simulated TCP backend that sends back what it gets. TcpUser: the client that checks it.
#pragma once

#include <memory>
#include <string>

#include "net/scope.h"
#include "net/sim_network.h"
#include "sim/ledger.h"
#include "sim/peer.h"

namespace fairlead::sim {

class Echo {
 public:
  Echo(net::SimWorld& world, const Address& address);
  ~Echo();

 private:
  net::Task<void> listen();
  net::Task<void> serve(std::unique_ptr<net::Stream> stream);

  net::SimNetwork network_;
  Address address_;
  net::Scope connections_;
  net::Scope listening_;
};

// Sends `size` bytes, ends its direction, and reads to the end. `may_be_cut`: the network may end a
// direction early, which nobody could tell from the truth.
net::Task<void> use_echo(net::Network& network, Address proxy, std::string id, size_t size,
                         bool expects_all, bool may_be_cut, Ledger& ledger);

}  // namespace fairlead::sim

// SimNetwork: the Network of one simulated thread on one simulated host. SimAcceptor: where it
// listens.
//
// The simulator's side of the seam in network.h; the world (sim_world.h) decides when it turns.
// Several networks may be threads of one host: give them the same address.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "net/network.h"
#include "net/sim_connection.h"
#include "net/sim_world.h"

namespace fairlead::net {

class SimNetwork final : public Network {
 public:
  // The world outlives it. Everything that was made with it must be gone before it is.
  SimNetwork(SimWorld& world, const Ip& host);
  ~SimNetwork() override;

  WallTime wall_now() const override { return world_.wall_now(); }
  // exhausted by the fault plan; all other failures come later, as in a real network.
  Result<std::unique_ptr<Stream>> connect(const Address& address) override;
  // At the own address, at a loopback address (one place for the whole world) or at a Unix path.
  // An address that networks of another host listen at is in use.
  Result<std::unique_ptr<Acceptor>> listen(const Address& address) override;
  // From the thread that runs the world.
  void post(std::function<void()> work) override { posted_.push_back(std::move(work)); }
  // Runs the whole world until stop() or until nothing is left to do.
  void run() override;
  // This network turns no more, until run().
  void stop() override { stopped_ = true; }

  // As if turns took so long.
  void take_long(Duration turn) {
    for (int i = 0; i < 100; ++i) note_turn(turn);
  }

  const Ip& host() const { return host_; }
  bool is_stopped() const { return stopped_; }

  // ---- for the world ------------------------------------------------------------------
  bool has_work() const;
  Instant next_alarm() const { return stopped_ ? kNever : wheel_.next(); }
  void turn();

 private:
  SimWorld& world_;
  Ip host_;
  bool stopped_ = false;
  std::vector<std::function<void()>> posted_;
};

class SimAcceptor final : public Acceptor {
 public:
  SimAcceptor(SimWorld& world, SimNetwork& network, const Address& address);
  ~SimAcceptor() override;  // what was not yet accepted is reset

  Result<std::unique_ptr<Stream>> accept() override;
  Address local() const override { return address_; }

  // A connection has come for us.
  void offer(std::shared_ptr<SimConnection> connection);
  const Ip& host() const { return network_.host(); }

 private:
  SimWorld& world_;
  SimNetwork& network_;
  Address address_;
  std::deque<std::unique_ptr<SimStream>> waiting_;
};

}  // namespace fairlead::net

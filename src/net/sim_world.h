// SimWorld: the world of a simulation: one clock, one seed, one set of addresses, many networks.
//
// Everything happens in the one real thread that calls run(): each SimNetwork (sim_network.h) is a
// thread of a simulated machine and turns when it has work; when nobody has, the clock jumps to the
// next delivery or alarm. Which network turns first is drawn anew for each round, so that seeds
// explore orders. Same seed and same calls, same trace.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/instant.h"
#include "base/random.h"
#include "net/fault_plan.h"
#include "net/sim_trace.h"

namespace fairlead::net {

class SimAcceptor;
class SimNetwork;

class SimWorld {
 public:
  // How a run ended.
  enum class Ended : uint8_t {
    finished,  // what was waited for has come
    idle,      // no work, no delivery and no alarm is left: without a call from outside it is dead
    late,      // the deadline has come
    spinning,  // a million rounds and the clock stands still: somebody wakes himself for ever
  };

  explicit SimWorld(uint64_t seed, const FaultPlan& plan = {});
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;
  ~SimWorld();

  Instant now() const { return now_; }
  // 2026-01-01 00:00:00 UTC at the start.
  WallTime wall_now() const;
  Random& random() { return random_; }
  // Whether something of this chance strikes now. A chance of 0 draws no random number.
  bool strikes(double chance) { return chance > 0 && random_.unit() < chance; }
  SimTrace& trace() { return trace_; }

  // The plan of connections to `host`, for those begun from now on.
  void set_plan(const Ip& host, const FaultPlan& plan) { plans_[host] = plan; }
  // The plan of all others.
  void set_plan(const FaultPlan& plan) { plan_ = plan; }
  const FaultPlan& plan_of(const Ip& host) const;

  // Until `finished` says so, asked after every round; at most until `deadline`.
  Ended run_until(const std::function<bool()>& finished, Instant deadline);
  // Until the clock shows now() + span, also when nothing is left to do.
  void run_for(Duration span);
  // Until nothing is left to do; at most until `deadline`.
  Ended run_until_idle(Instant deadline);

  // ---- for the simulator's own parts --------------------------------------------------

  // Does `work` at `time`, or now where that has passed; what is due at once keeps its order.
  void at(Instant time, std::function<void()> work);
  // A latency, and sometimes a delay, of `plan`.
  Duration draw_latency(const FaultPlan& plan);

  void join(SimNetwork& network) { networks_.push_back(&network); }
  void leave(SimNetwork& network) { std::erase(networks_, &network); }
  bool has_host(const Ip& ip) const;

  // Several acceptors of one host may share an address, as with SO_REUSEPORT.
  void open(const Address& address, SimAcceptor& acceptor) {
    listeners_[address].push_back(&acceptor);
  }
  void close(const Address& address, SimAcceptor& acceptor);
  // One of those that listen at `address`, drawn; null where nobody does.
  SimAcceptor* find(const Address& address);
  const SimAcceptor* first_at(const Address& address) const;
  uint16_t next_port();
  uint64_t next_connection() { return ++connections_; }

 private:
  bool run_round();
  // The clock jumps to what comes next, or to `deadline`. Gives whether anything was left to come.
  bool advance(Instant deadline);

  Random random_;
  FaultPlan plan_;
  std::map<Ip, FaultPlan> plans_;
  SimTrace trace_;
  Instant now_;
  Instant start_;
  std::vector<SimNetwork*> networks_;
  std::map<Address, std::vector<SimAcceptor*>> listeners_;
  std::map<std::pair<Instant, uint64_t>, std::function<void()>> due_;  // by time, then by order
  uint64_t sequence_ = 0;
  uint64_t connections_ = 0;
  uint16_t port_ = 49151;  // RFC 6335 6: ephemeral ones begin at 49152
};

}  // namespace fairlead::net

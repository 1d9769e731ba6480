// Origin: a simulated HTTP backend on a host of its own, with its bad habits.
#pragma once

#include <memory>
#include <optional>

#include "net/scope.h"
#include "net/sim_network.h"
#include "sim/http_talk.h"
#include "sim/ledger.h"
#include "sim/peer.h"

namespace fairlead::sim {

// Chances, of each request unless said otherwise.
struct OriginHabits {
  double slow = 0;               // thinks for up to 8 s before it answers
  double deaf = 0;               // resets the connection when the head has come
  double truncates = 0;          // breaks off in the middle of its response
  double closes = 0;             // closes behind its response, without having said so
  bool forgets_idle = false;     // closes connections that were idle for some seconds
  bool flaps = false;            // stops listening now and then
  bool ends_by_closing = false;  // of some responses only the connection's end tells their length
};

class Origin {
 public:
  Origin(net::SimWorld& world, const Address& address, const OriginHabits& habits, Ledger& ledger);
  ~Origin();

 private:
  net::Task<void> listen();
  net::Task<void> accept_for(Instant until);
  net::Task<void> serve(std::unique_ptr<net::Stream> stream);
  net::Task<bool> answer(Talk& talk, const Message& request);
  void note_head(const Message& request);
  void check(const Message& request);

  net::SimWorld& world_;
  net::SimNetwork network_;
  Address address_;
  OriginHabits habits_;
  Ledger& ledger_;
  net::Scope connections_;
  net::Scope listening_;
};

}  // namespace fairlead::sim

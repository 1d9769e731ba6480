// User: a simulated HTTP client that opens connections, asks, and checks that each answer is its
// own.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "net/sim_network.h"
#include "sim/http_talk.h"
#include "sim/ledger.h"
#include "sim/peer.h"

namespace fairlead::sim {

struct UserHabits {
  uint32_t connections = 4;
  double vanishes =
      0;  // of a batch of requests: drops the connection instead of waiting for answers
  bool reads_slowly = false;
  bool is_cut = false;       // the network may end a request early: then 400 is a right answer
  bool expects_all = false;  // nothing goes wrong around here: anything but 200 is a violation
};

class User {
 public:
  User(net::SimWorld& world, net::SimNetwork& network, std::string name, Address proxy,
       const UserHabits& habits, Ledger& ledger)
      : world_(world),
        network_(network),
        name_(std::move(name)),
        proxy_(std::move(proxy)),
        habits_(habits),
        ledger_(ledger) {}

  // All of its life.
  net::Task<void> run();

 private:
  struct Ask {
    std::string id;
    std::string method;
    size_t size = 0;  // of the request's body
    size_t want = 0;  // of the response's
  };

  std::vector<Ask> draw_batch();
  std::string bytes_of(const Ask& ask);
  net::Task<bool> visit(Talk& talk);
  // Sends `bytes` and takes the answers to `asks` off. False: the connection is at its end.
  net::Task<bool> converse(Talk& talk, MessageReader& reader, std::string bytes,
                           std::vector<Ask> asks);
  // Takes what has come. False: the connection is at its end.
  bool take_answers(MessageReader& reader, std::deque<Ask>& waiting);
  void check(const Message& response, const Ask& ask);
  void give_up(const MessageReader& reader, const std::deque<Ask>& waiting, std::string_view why);

  net::SimWorld& world_;
  net::SimNetwork& network_;
  std::string name_;
  Address proxy_;
  UserHabits habits_;
  Ledger& ledger_;
  uint32_t asked_ = 0;
};

}  // namespace fairlead::sim

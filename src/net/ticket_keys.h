// TicketKeys: what session tickets are sealed with, shared by all workers and kept over reloads, so
// that a client resumes its session whichever worker it comes to.
//
// A key seals for an hour and is good for another one, then it is forgotten: from then on nobody
// can read what was recorded under it (RFC 8446 E.1). In memory alone: a new process begins anew.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include "base/instant.h"

namespace fairlead::net {

struct TicketKey {
  std::array<unsigned char, 16> name{};
  std::array<unsigned char, 32> cipher{};
  std::array<unsigned char, 32> mac{};
};

class TicketKeys {
 public:
  static constexpr Duration kSealsFor = 1h;

  // The one to seal with. Any thread. Cost: an uncontended lock and a copy.
  TicketKey current(Instant now);

  struct Found {
    TicketKey key;
    bool is_current = true;  // else the client is to be given a new ticket
  };
  // Nothing: it is too old, or none of ours.
  std::optional<Found> find(std::span<const unsigned char, 16> name, Instant now);

 private:
  void rotate(Instant now);

  std::mutex mutex_;
  bool begun_ = false;
  Instant since_{};
  TicketKey current_;
  std::optional<TicketKey> before_;
};

}  // namespace fairlead::net

// Connection: a client's connection as its service sees it, whatever HTTP version it speaks.
#pragma once

#include "net/list.h"
#include "net/network.h"

namespace fairlead::http {

class Connection : public net::Link {
 public:
  explicit Connection(net::Network& network) : network_(network) {}

  // Draining has begun, or is over: one that is idle is to look up.
  void nudge() { nudge_.set(network_.ready()); }

 protected:
  ~Connection() = default;

  net::Network& network_;
  net::Event nudge_;
};

}  // namespace fairlead::http

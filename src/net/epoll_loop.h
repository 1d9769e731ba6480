// EpollLoop: asks the kernel which descriptors have news, edge-triggered.
//
// A descriptor is registered once, for everything, and never modified: no system call a request.
// Handlers only note what they are told (see event.h); nobody is resumed from inside poll().
#pragma once

#include <cstdint>

#include "base/instant.h"
#include "base/result.h"
#include "net/descriptor.h"

namespace fairlead::net {

class EpollLoop {
 public:
  class Handler {
   public:
    // `events` as epoll_wait gave them. May set events and nothing else.
    virtual void on_events(uint32_t events) = 0;

   protected:
    ~Handler() = default;
  };

  EpollLoop();

  // False with errno set where the kernel refuses. The registration ends when the descriptor is
  // closed.
  bool add(int descriptor, Handler& handler);

  // Waits at most `patience` (negative: for ever), then tells the handlers. REQUIRES: no handler is
  // destroyed while this runs.
  void poll(Duration patience);

 private:
  Descriptor epoll_;
};

}  // namespace fairlead::net

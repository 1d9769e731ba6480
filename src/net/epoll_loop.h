// EpollLoop: asks the kernel which descriptors have news, edge-triggered.
//
// A descriptor is registered once, for everything, and never modified: no system call a request.
// Handlers only note what they are told (see event.h); nobody is resumed from inside poll().
#pragma once

#include <cstdint>

#include "base/instant.h"
#include "base/result.h"
#include "net/descriptor.h"
#include "net/list.h"

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

  // A descriptor that may well be closed before there is any news of it: of most connections that
  // carry one request the kernel never needs to be asked, which saves a good part of what the
  // connection costs. It is registered as soon as its owner waits for it, at the latest
  // two milliseconds after, so that a client that goes away is noticed all the same.
  class Newcomer : public Handler, public Link {
   public:
    // Its news is waited for: from the next poll on it is registered.
    void hurry() { polls_left_ = 0; }

   protected:
    ~Newcomer() = default;

   private:
    friend class EpollLoop;
    int descriptor_ = -1;
    uint16_t polls_left_ = 0;
  };

  EpollLoop();

  // False with errno set where the kernel refuses. The registration ends when the descriptor is
  // closed, unless it has a duplicate: then only with remove().
  bool add(int descriptor, Handler& handler);
  // The same, later. A kernel that refuses is asked again at each poll. The newcomer may be
  // destroyed at any time.
  void add_later(int descriptor, Newcomer& newcomer);
  // Before the descriptor is closed.
  void remove(int descriptor);

  // Waits at most `patience` (negative: for ever), then tells the handlers. REQUIRES: no handler is
  // destroyed while this runs.
  void poll(Duration patience);

 private:
  void add_newcomers(bool all);

  Descriptor epoll_;
  List<Newcomer> newcomers_;
};

}  // namespace fairlead::net

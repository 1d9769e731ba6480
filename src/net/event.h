// Event: a fact that somebody may wait for. Waiter: who waits. ReadyQueue: who goes on next.
//
// Nothing is resumed from inside a system call's answer: whoever notices a fact sets the event, the
// waiter joins the loop's ready queue, and the loop runs the queue when all facts of this turn are
// in. So a task that ends another's stream never meets a half-dispatched event of it.
#pragma once

#include <cstdint>

#include "base/check.h"
#include "net/list.h"

namespace fairlead::net {

// Something the loop can run. Lives where the waiting happens, mostly in a coroutine frame.
class Waiter : public Link {
 public:
  using Run = void (*)(Waiter&);
  explicit Waiter(Run run) : run_(run) {}
  void run() { run_(*this); }

 private:
  Run run_;
};

class ReadyQueue {
 public:
  void push(Waiter& waiter) {
    if (!waiter.is_linked()) queue_.push_back(waiter);
  }
  bool empty() const { return queue_.empty(); }

  // Runs what is queued now; what joins meanwhile is left for the next call.
  void run() {
    List<Waiter> now;
    now.take_all(queue_);
    while (!now.empty()) {
      Waiter& waiter = now.front();
      waiter.unlink();
      waiter.run();
    }
  }

 private:
  List<Waiter> queue_;
};

// Stays set until it is cleared. At most one waiter at a time. One word: an idle connection has
// four.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool is_set() const { return word_ & kSet; }
  void set(ReadyQueue& ready) {
    word_ |= kSet;
    if (Waiter* waiting = waiter()) ready.push(*waiting);
  }
  // Without waking anybody: for the state that something is born with.
  void set_quietly() { word_ |= kSet; }
  void clear() { word_ &= ~kSet; }

  // REQUIRES: nobody else watches: he would wait for ever.
  void watch(Waiter& waiter) {
    CHECK(!this->waiter() || this->waiter() == &waiter);
    word_ = reinterpret_cast<uintptr_t>(&waiter) | (word_ & kSet);
  }
  void unwatch(Waiter& waiter) {
    if (this->waiter() == &waiter) word_ &= kSet;
  }

 private:
  static constexpr uintptr_t kSet = 1;  // a Waiter's address is even
  Waiter* waiter() const { return reinterpret_cast<Waiter*>(word_ & ~kSet); }

  uintptr_t word_ = 0;
};

}  // namespace fairlead::net

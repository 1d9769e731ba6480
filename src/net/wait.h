// wait_for: suspends a task until one of several events, or a deadline.
//
//   if (co_await wait_for(alarm, deadline, in.readable(), out.writable()) == Woke::deadline) ...
//
// One flat coroutine can so serve both directions of a connection: it does what can be done, then
// waits for whatever was in the way. An event that is set already does not suspend at all.
#pragma once

#include <algorithm>
#include <array>
#include <coroutine>

#include "base/instant.h"
#include "net/alarm.h"
#include "net/event.h"

namespace fairlead::net {

enum class Woke : unsigned char { event, deadline };

template <size_t N>
class WaitFor : private Waiter {
 public:
  WaitFor(Alarm& alarm, Instant deadline, std::array<Event*, N> events)
      : Waiter(&WaitFor::resume), alarm_(alarm), deadline_(deadline), events_(events) {}
  WaitFor(const WaitFor&) = delete;
  ~WaitFor() {
    if (waiting_) stop();
  }

  bool await_ready() const { return any_set(); }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    waiting_ = true;
    for (Event* event : events_) {
      if (event) event->watch(*this);
    }
    alarm_.start(deadline_, *this);
  }
  Woke await_resume() {
    if (!waiting_) return Woke::event;
    const bool late = alarm_.rang();
    stop();
    return late && !any_set() ? Woke::deadline : Woke::event;
  }

 private:
  bool any_set() const {
    return std::ranges::any_of(events_,
                               [](const Event* event) { return event && event->is_set(); });
  }
  void stop() {
    waiting_ = false;
    for (Event* event : events_) {
      if (event) event->unwatch(*this);
    }
    alarm_.stop();
  }
  static void resume(Waiter& waiter) { static_cast<WaitFor&>(waiter).handle_.resume(); }

  Alarm& alarm_;
  Instant deadline_;
  std::array<Event*, N> events_;  // a null pointer: not this one
  std::coroutine_handle<> handle_;
  bool waiting_ = false;
};

template <typename... Events>
WaitFor<sizeof...(Events)> wait_for(Alarm& alarm, Instant deadline, Events&... events) {
  return {alarm, deadline, std::array<Event*, sizeof...(Events)>{&events...}};
}

// The same for events that are chosen at run time; null pointers are passed over.
template <size_t N>
WaitFor<N> wait_for_any(Alarm& alarm, Instant deadline, std::array<Event*, N> events) {
  return {alarm, deadline, events};
}

// `co_await yield(ready)`: lets everybody else who is ready go first. For work that could go on for
// long without ever being blocked.
class Yield : private Waiter {
 public:
  explicit Yield(ReadyQueue& ready) : Waiter(&Yield::resume), ready_(ready) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    ready_.push(*this);
  }
  void await_resume() const {}

 private:
  static void resume(Waiter& waiter) { static_cast<Yield&>(waiter).handle_.resume(); }
  ReadyQueue& ready_;
  std::coroutine_handle<> handle_;
};

inline Yield yield(ReadyQueue& ready) { return Yield(ready); }

}  // namespace fairlead::net

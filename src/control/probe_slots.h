// ProbeSlots: so many probes at once, the others wait in turn.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "net/event.h"
#include "net/list.h"

namespace fairlead::control {

// One thread. Outlives its waits and holds.
class ProbeSlots {
 public:
  ProbeSlots(net::ReadyQueue& ready, uint32_t count) : ready_(ready), free_(count) {}

  // A slot, given back when it dies.
  class Hold {
   public:
    explicit Hold(ProbeSlots& slots) : slots_(&slots) {}
    Hold(Hold&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (slots_) slots_->give_back();
    }

   private:
    ProbeSlots* slots_;
  };

  class Wait : private net::Waiter {
   public:
    explicit Wait(ProbeSlots& slots) : Waiter(&Wait::resume), slots_(slots) {}
    // A task that is dropped between its turn and its run passes the slot on.
    ~Wait() {
      if (has_slot_) slots_.give_back();
    }
    bool await_ready() {
      if (slots_.free_ == 0) return false;
      --slots_.free_;
      has_slot_ = true;
      return true;
    }
    void await_suspend(std::coroutine_handle<> handle) {
      handle_ = handle;
      slots_.waiting_.push_back(*this);
    }
    Hold await_resume() {
      has_slot_ = false;
      return Hold(slots_);
    }

   private:
    friend class ProbeSlots;
    static void resume(net::Waiter& waiter) { static_cast<Wait&>(waiter).handle_.resume(); }
    ProbeSlots& slots_;
    std::coroutine_handle<> handle_;
    bool has_slot_ = false;
  };

  // `const ProbeSlots::Hold slot = co_await slots.take();`
  Wait take() { return Wait(*this); }
  uint32_t free() const { return free_; }

 private:
  void give_back() {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    auto& next = static_cast<Wait&>(waiting_.front());
    next.unlink();
    next.has_slot_ = true;
    ready_.push(next);
  }

  net::ReadyQueue& ready_;
  uint32_t free_;
  net::List<net::Waiter> waiting_;
};

}  // namespace fairlead::control

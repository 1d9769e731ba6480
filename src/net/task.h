// Task<T>: a coroutine that its owner may drop at any time, which cancels it.
//
// Lazy: it starts when awaited (or spawned in a Scope, scope.h), runs on the awaiting thread, and
// is destroyed with the Task object. Whatever it waits for unlinks itself when the frame dies, so
// no wake-up ever finds a dead coroutine. A child is started inside the parent's stack, not by
// symmetric transfer, which overflows the stack without optimisation and under sanitizers.
//
// REQUIRES: a task never destroys, directly or not, the scope or the owner it runs in.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "base/check.h"
#include "net/frame_pool.h"
#include "net/list.h"

namespace fairlead::net {

template <typename T>
class Task;

namespace detail {

class Promise : public Link {
 public:
  static void* operator new(size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, size_t size) noexcept { free_frame(frame, size); }

  std::suspend_always initial_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept {
    check_failed(__FILE__, __LINE__, "no exception leaves a task");
  }

  struct AtEnd {
    bool await_ready() noexcept { return false; }
    template <typename P>
    void await_suspend(std::coroutine_handle<P> self) noexcept {
      Promise& promise = self.promise();
      if (promise.continuation_) return promise.continuation_.resume();
      if (promise.detached_) self.destroy();  // frees this awaiter too
    }
    void await_resume() noexcept {}
  };
  AtEnd final_suspend() noexcept { return {}; }

  void set_continuation(std::coroutine_handle<> handle) { continuation_ = handle; }
  void detach() { detached_ = true; }

 private:
  std::coroutine_handle<> continuation_;
  bool detached_ = false;  // owned by a Scope: nobody awaits it
};

template <typename T>
class ValuePromise : public Promise {
 public:
  Task<T> get_return_object();
  void return_value(T value) { value_.emplace(std::move(value)); }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
};

template <>
class ValuePromise<void> : public Promise {
 public:
  Task<void> get_return_object();
  void return_void() {}
  void take() {}
};

}  // namespace detail

template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::ValuePromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Gives the frame to the caller, who destroys it.
  Handle release() { return std::exchange(handle_, nullptr); }

  bool await_ready() const noexcept { return false; }
  // Runs the child up to its first wait; false, "do not suspend", where it came to its end at once.
  bool await_suspend(std::coroutine_handle<> parent) {
    handle_.resume();
    if (handle_.done()) return false;
    handle_.promise().set_continuation(parent);
    return true;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  Handle handle_;
};

namespace detail {

template <typename T>
Task<T> ValuePromise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<ValuePromise>::from_promise(*this));
}

inline Task<void> ValuePromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<ValuePromise>::from_promise(*this));
}

}  // namespace detail
}  // namespace fairlead::net

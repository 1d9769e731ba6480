// WaitingLine: who waits for a backend of one pool, over all workers, in the order in which they
// came.
//
// Room is offered to the first alone: he is called, looks for a backend himself, and when he
// leaves, served or not, the next one is called, who may find that there is more. So the order is
// kept however quick each worker is, and no room is forgotten: what becomes free while the first
// looks is a new call.
//
//   join -> (not first: wait) -> called -> answer_call, pick -> taken: leave, which calls the next
//                                                            -> nothing: wait on
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace fairlead::core {

class WaitingLine {
 public:
  // One who waits; leaves the line when destroyed. Any thread.
  class Place {
   public:
    ~Place() { line_.leave(*this); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // Whether nobody came before.
    bool is_first() const;
    // To be said before each look for a backend: whatever becomes free from now on is a new call.
    void answer_call();

   private:
    friend class WaitingLine;
    Place(WaitingLine& line, uint64_t number, std::function<void()> call)
        : line_(line), number_(number), call_(std::move(call)) {}

    WaitingLine& line_;
    const uint64_t number_;
    const std::function<void()> call_;
    bool called_ = false;  // guarded by the line's mutex
  };

  WaitingLine() = default;
  WaitingLine(const WaitingLine&) = delete;
  WaitingLine& operator=(const WaitingLine&) = delete;

  // How many wait now. Any thread. Cost: one read.
  uint32_t waiting() const { return waiting_.load(std::memory_order_seq_cst); }

  // The place behind all others; null where `most` wait already. `call`: runs on whatever thread
  // makes room, within this line's lock: it may only post. The line must outlive the place.
  std::unique_ptr<Place> join(uint32_t most, std::function<void()> call);

  // There may be room. Any thread. Cost: one read where nobody waits.
  void call_first();

 private:
  void leave(Place& place);

  mutable std::mutex mutex_;
  std::map<uint64_t, Place*> places_;  // by the number of their coming
  uint64_t joined_ = 0;
  std::atomic<uint32_t> waiting_{0};  // places_.size(), for those who only look
};

}  // namespace fairlead::core

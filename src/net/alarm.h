// Alarm: a deadline that is cheap to move. AlarmWheel: all alarms of a loop.
//
// A connection moves its deadline several times a request and lets it ring almost never. So moving
// it later writes one number; the wheel finds out when the old slot comes round and files the alarm
// anew. Coarse on purpose: an alarm rings up to one tick (16 ms) late, never early.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/instant.h"
#include "net/event.h"

namespace fairlead::net {

class AlarmWheel;

class Alarm : public Link {
 public:
  explicit Alarm(AlarmWheel& wheel) : wheel_(wheel) {}

  // The waiter is woken once at or after `deadline`, unless stop() comes first. kNever: not at all.
  void start(Instant deadline, Waiter& waiter);
  // Leaves the alarm where it is filed, without a waiter: the next start() is likely to be soon.
  void stop() { waiter_ = nullptr; }
  // Between start() and stop(): whether it has woken its waiter.
  bool rang() const { return waiter_ == nullptr; }

 private:
  friend class AlarmWheel;
  AlarmWheel& wheel_;
  Waiter* waiter_ = nullptr;
  Instant deadline_ = kNever;
  Instant filed_ = kNever;  // when the wheel will look at it; REQUIRES: is_linked()
};

class AlarmWheel {
 public:
  static constexpr Duration kTick = 16ms;
  static constexpr size_t kSlots = 1024;  // 16 s; what is later is filed there and moved on

  explicit AlarmWheel(Instant start) : turned_to_(tick_of(start)) {}

  // Wakes every waiter whose deadline is at or before `now`.
  void turn(Instant now, ReadyQueue& ready);
  // When turn() has to be called next at the latest; kNever where no alarm is filed.
  Instant next() const;

 private:
  friend class Alarm;
  static int64_t tick_of(Instant instant) { return instant.time_since_epoch() / kTick; }
  void file(Alarm& alarm);
  void turn_slot(size_t slot, Instant now, ReadyQueue& ready);

  int64_t turned_to_;  // the tick up to which slots are done
  std::array<List<Alarm>, kSlots> slots_;
  std::array<uint64_t, kSlots / 64> filled_{};  // a bit a slot: may hold alarms
};

}  // namespace fairlead::net

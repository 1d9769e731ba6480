#include "net/alarm.h"

#include <algorithm>
#include <bit>

namespace fairlead::net {

void Alarm::start(Instant deadline, Waiter& waiter) {
  waiter_ = &waiter;
  deadline_ = deadline;
  if (deadline == kNever || (is_linked() && filed_ <= deadline)) return;
  unlink();
  wheel_.file(*this);
}

void AlarmWheel::file(Alarm& alarm) {
  // The tick behind the deadline: early is wrong, late is allowed.
  const int64_t due = tick_of(alarm.deadline_) + 1;
  const int64_t tick =
      std::clamp(due, turned_to_ + 1, turned_to_ + static_cast<int64_t>(kSlots) - 1);
  const auto slot = static_cast<size_t>(tick) % kSlots;
  alarm.filed_ = Instant(tick * kTick);
  slots_[slot].push_back(alarm);
  filled_[slot / 64] |= uint64_t{1} << (slot % 64);
}

void AlarmWheel::turn_slot(size_t slot, Instant now, ReadyQueue& ready) {
  filled_[slot / 64] &= ~(uint64_t{1} << (slot % 64));
  List<Alarm> due;
  due.take_all(slots_[slot]);
  while (!due.empty()) {
    Alarm& alarm = due.front();
    alarm.unlink();
    if (!alarm.waiter_) continue;
    if (alarm.deadline_ > now) {
      if (alarm.deadline_ != kNever) file(alarm);
      continue;
    }
    ready.push(*alarm.waiter_);
    alarm.waiter_ = nullptr;
  }
}

void AlarmWheel::turn(Instant now, ReadyQueue& ready) {
  const int64_t current = tick_of(now);
  // After a long sleep one round over all slots sees everything.
  int64_t tick = std::max(turned_to_, current - static_cast<int64_t>(kSlots));
  while (tick < current) {
    ++tick;
    turned_to_ = tick;
    const auto slot = static_cast<size_t>(tick) % kSlots;
    if (filled_[slot / 64] & (uint64_t{1} << (slot % 64))) turn_slot(slot, now, ready);
  }
}

Instant AlarmWheel::next() const {
  // From the slot behind the last one turned, a word of 64 slots at a time, once round.
  const auto start = static_cast<size_t>(turned_to_ + 1) % kSlots;
  for (size_t step = 0; step <= kSlots / 64; ++step) {
    const size_t word = (start / 64 + step) % (kSlots / 64);
    uint64_t bits = filled_[word];
    if (step == 0) bits &= ~uint64_t{0} << (start % 64);
    if (step == kSlots / 64) bits &= ~(~uint64_t{0} << (start % 64));
    if (!bits) continue;
    const size_t slot = word * 64 + static_cast<size_t>(std::countr_zero(bits));
    const size_t ahead = (slot + kSlots - start) % kSlots;
    return Instant((turned_to_ + 1 + static_cast<int64_t>(ahead)) * kTick);
  }
  return kNever;
}

}  // namespace fairlead::net

#include "core/waiting_line.h"

#include <utility>

namespace fairlead::core {

std::unique_ptr<WaitingLine::Place> WaitingLine::join(uint32_t most, std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  if (places_.size() >= most) return nullptr;
  auto place = std::unique_ptr<Place>(new Place(*this, ++joined_, std::move(call)));
  places_[place->number_] = place.get();
  waiting_.fetch_add(1, std::memory_order_seq_cst);
  return place;
}

void WaitingLine::leave(Place& place) {
  bool was_first = false;
  {
    const std::lock_guard lock(mutex_);
    was_first = places_.begin()->first == place.number_;
    places_.erase(place.number_);
    waiting_.fetch_sub(1, std::memory_order_seq_cst);
  }
  if (was_first) call_first();
}

void WaitingLine::call_first() {
  if (waiting() == 0) return;
  const std::lock_guard lock(mutex_);
  if (places_.empty()) return;
  Place& first = *places_.begin()->second;
  if (!std::exchange(first.called_, true)) first.call_();
}

bool WaitingLine::Place::is_first() const {
  const std::lock_guard lock(line_.mutex_);
  return line_.places_.begin()->first == number_;
}

void WaitingLine::Place::answer_call() {
  const std::lock_guard lock(line_.mutex_);
  called_ = false;
}

}  // namespace fairlead::core

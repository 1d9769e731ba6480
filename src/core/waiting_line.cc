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
  {
    const std::lock_guard lock(mutex_);
    places_.erase(place.number_);
    waiting_.fetch_sub(1, std::memory_order_seq_cst);
    if (!place.called_) return;
  }
  call_next();
}

void WaitingLine::call_next() {
  if (waiting() == 0) return;
  const std::lock_guard lock(mutex_);
  for (auto& [number, place] : places_) {
    if (place->called_) continue;
    place->called_ = true;
    place->call_();
    return;
  }
}

void WaitingLine::call_all() {
  if (waiting() == 0) return;
  const std::lock_guard lock(mutex_);
  for (auto& [number, place] : places_) {
    if (!std::exchange(place->called_, true)) place->call_();
  }
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

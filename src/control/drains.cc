#include "control/drains.h"

#include <fmt/format.h>

#include <utility>

namespace fairlead::control {
namespace {

// Between two looks at what is left: nobody waits for less, and a look costs one load a backend.
constexpr Duration kPause = 100ms;

}  // namespace

std::string words_for(const Drain& drain) {
  if (drain.cut == 0) return "drained";
  return fmt::format("drained: {} {} cut off after {:.3g} s", drain.cut,
                     drain.cut == 1 ? "was" : "were", to_seconds(drain.timeout));
}

Drains::Drains(net::Network& network, Calls calls)
    : network_(network), calls_(std::move(calls)), alarm_(network.wheel()) {
  scope_.spawn(run());
}

Drain& Drains::add(const std::shared_ptr<core::Backend>& backend, Duration timeout) {
  auto [found, fresh] = drains_.try_emplace(backend->id());
  Drain& drain = found->second;
  drain.ended = false;
  begun_.set(network_.ready());
  if (!fresh) return drain;
  drain.backend = backend;
  drain.timeout = timeout;
  drain.began = network_.now();
  drain.at_first = backend->active();
  drain.number = ++count_;
  return drain;
}

void Drains::begin(const std::shared_ptr<core::Backend>& backend, Duration timeout, bool lingers) {
  Drain& drain = add(backend, timeout);
  drain.removed = false;
  drain.lingers = lingers;
}

void Drains::begin_removed(const std::shared_ptr<core::Backend>& backend, Duration timeout) {
  Drain& drain = add(backend, timeout);
  drain.removed = true;
  drain.lingers = false;
}

// A backend that is drained, enabled and drained again has another number by the time an old
// answer comes in.
void Drains::published() {
  std::vector<std::pair<uint32_t, uint64_t>> asked;
  for (auto& [id, drain] : drains_) {
    if (!std::exchange(drain.published, true)) asked.emplace_back(id, drain.number);
  }
  if (asked.empty()) return;
  const auto obeyed = [this, asked] {
    for (const auto& [id, number] : asked) {
      const auto found = drains_.find(id);
      if (found != drains_.end() && found->second.number == number) found->second.obeyed = true;
    }
  };
  if (calls_.fence) return calls_.fence(obeyed);
  obeyed();
}

const Drain* Drains::find(uint32_t backend) const {
  const auto found = drains_.find(backend);
  return found == drains_.end() ? nullptr : &found->second;
}

bool Drains::is_busy() const {
  return std::ranges::any_of(drains_, [](const auto& drain) { return !drain.second.ended; });
}

net::Task<void> Drains::run() {
  while (true) {
    const Instant next = is_busy() ? network_.now() + kPause : kNever;
    if (co_await net::wait_for(alarm_, next, begun_) == net::Woke::deadline) look();
    begun_.clear();
  }
}

void Drains::look() {
  for (auto& [id, drain] : drains_) {
    if (!drain.ended) look_at(drain);
  }
  std::erase_if(drains_,
                [](const auto& drain) { return drain.second.ended && drain.second.removed; });
}

void Drains::look_at(Drain& drain) {
  const uint32_t left = drain.backend->active();
  if (drain.lingers && drain.left(network_.now()) == Duration::zero()) return close(drain);
  if (left == 0 && drain.lingers) return;
  if (left == 0) {
    if (drain.obeyed) end(drain);
    return;
  }
  if (calls_.survey) calls_.survey(drain.backend);
  if (drain.left(network_.now()) > Duration::zero()) return;
  if (!std::exchange(drain.cutting, true)) drain.cut = left;
  // Again at each look: work may have been on its way there when it was called off first.
  if (calls_.cut) calls_.cut(drain.backend->id());
}

// From now on as any other: first every worker is to know.
void Drains::close(Drain& drain) {
  drain.lingers = false;
  drain.published = drain.obeyed = false;
  if (calls_.closed) calls_.closed(drain);
  if (!drain.published) published();  // it was closed to them already
}

void Drains::end(Drain& drain) {
  drain.ended = true;
  calls_.ended(drain);
}

}  // namespace fairlead::control

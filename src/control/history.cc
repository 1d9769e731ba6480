#include "control/history.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/snapshot.h"
#include "core/state.h"

namespace fairlead::control {
namespace {

bool is_bad_news(std::string_view state) {
  using enum core::State;
  return state == name_of(degraded) || state == name_of(ejected) || state == name_of(unhealthy);
}

}  // namespace

std::string_view name_of(Occurrence::Kind kind) {
  switch (kind) {
    case Occurrence::Kind::started: return "started";
    case Occurrence::Kind::reloaded: return "reloaded";
    case Occurrence::Kind::refused: return "reload_refused";
    case Occurrence::Kind::backend_state: return "backend_state";
    case Occurrence::Kind::weight: return "backend_weight";
    case Occurrence::Kind::split: return "route_split";
    case Occurrence::Kind::drained: return "backend_drained";
    case Occurrence::Kind::withheld: return "ejection_withheld";
    case Occurrence::Kind::pool_basis: return "pool_basis";
    case Occurrence::Kind::draining: return "draining";
  }
  return "backend_state";
}

std::string line_of(const Occurrence& it) {
  switch (it.kind) {
    case Occurrence::Kind::backend_state:
      return fmt::format("pool `{}`: {} {} -> {}: {}", it.pool, it.backend, it.from, it.to,
                         it.reason);
    case Occurrence::Kind::weight:
      return fmt::format("pool `{}`: {} weight {} -> {}: {}", it.pool, it.backend, it.from, it.to,
                         it.reason);
    case Occurrence::Kind::split:
      return fmt::format("route `{}`: split {} -> {}: {}", it.route, it.from, it.to, it.reason);
    case Occurrence::Kind::drained:
      return fmt::format("pool `{}`: {} is {}", it.pool, it.backend, it.reason);
    case Occurrence::Kind::withheld:
      return fmt::format("pool `{}`: {} is not ejected: {}", it.pool, it.backend, it.reason);
    case Occurrence::Kind::pool_basis: return fmt::format("pool `{}`: {}", it.pool, it.reason);
    case Occurrence::Kind::started:
    case Occurrence::Kind::reloaded:
      return fmt::format("configuration {} acts: {}", it.generation, it.reason);
    case Occurrence::Kind::refused:
      return fmt::format("reload refused, configuration {} goes on: {}", it.generation, it.reason);
    case Occurrence::Kind::draining: return fmt::format("draining: {}", it.reason);
  }
  return it.reason;
}

Level level_of(const Occurrence& it) {
  switch (it.kind) {
    case Occurrence::Kind::backend_state: return is_bad_news(it.to) ? Level::warning : Level::info;
    case Occurrence::Kind::withheld: return Level::warning;
    case Occurrence::Kind::pool_basis:
      if (it.to == core::name_of(core::Basis::none)) return Level::error;
      return it.to == core::name_of(core::Basis::healthy) ? Level::info : Level::warning;
    case Occurrence::Kind::refused: return Level::error;
    case Occurrence::Kind::weight:
    case Occurrence::Kind::split:
    case Occurrence::Kind::drained:
    case Occurrence::Kind::started:
    case Occurrence::Kind::reloaded:
    case Occurrence::Kind::draining: return Level::info;
  }
  return Level::info;
}

const Occurrence& History::add(Occurrence occurrence) {
  occurrence.id = next_id_++;
  if (occurrences_.size() == capacity_) occurrences_.pop_front();
  return occurrences_.emplace_back(std::move(occurrence));
}

std::vector<Occurrence> History::after(uint64_t id, size_t most) const {
  auto first = std::ranges::upper_bound(occurrences_, id, {}, &Occurrence::id);
  const auto count = static_cast<size_t>(occurrences_.end() - first);
  if (count > most) first += static_cast<std::ptrdiff_t>(count - most);
  return {first, occurrences_.end()};
}

}  // namespace fairlead::control

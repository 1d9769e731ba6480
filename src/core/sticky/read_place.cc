#include "core/sticky/read_place.h"

#include "core/sticky/sealed_name.h"

namespace fairlead::core {

ReadPlace read_place(std::string_view value, const PoolSnapshot& pool, const Seal* seal,
                     WallTime now) {
  if (pool.names == nullptr || seal == nullptr) return {};
  const auto opened = open_name(value, pool.config->name, *seal);
  if (!opened) return {};
  const Duration left = opened->sealed.expires - now;
  if (left <= Duration::zero()) return {.shows = Showing::expired};
  const auto backend = pool.names->find(opened->key, opened->sealed.name);
  if (!backend) return {.shows = Showing::gone};
  // More than all of its time is left where an older configuration gave it more.
  const Duration ttl = pool.config->sticky.cookie.ttl;
  const bool is_due = left < ttl / 2 || left > ttl || opened->key != 0;
  return {.shows = Showing::place, .backend = *backend, .is_due = is_due};
}

}  // namespace fairlead::core

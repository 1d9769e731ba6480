#include "core/explain/explain_sticky.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/sticky/read_place.h"

namespace fairlead::core {
namespace {

std::string_view words_for(Showing shows) {
  switch (shows) {
    case Showing::place: return "it leads to its backend";
    case Showing::forged: return "it is none of ours for this pool, or its secret is another";
    case Showing::expired: return "it has expired";
    case Showing::gone: return "its backend is in the pool no more";
  }
  return {};
}

// The id of the backend that the cookie leads to, 0 for none; and why, in words.
uint32_t look_up(std::string_view value, const PoolSnapshot& pool, const ExplainSource& source,
                 std::string& why) {
  const StickyConfig& sticky = pool.config->sticky;
  if (value.empty()) {
    why = "there is none: the client is new";
    return 0;
  }
  if (sticky.kind == StickyConfig::Kind::learn) {
    const auto backend = pool.series->learned.peek(value, sticky.cookie.ttl, source.now);
    why = backend ? "it leads to its backend" : "the session is not known";
    return backend.value_or(0);
  }
  const ReadPlace place = read_place(value, pool, source.seal, source.wall_now);
  why = words_for(place.shows);
  return place.backend;
}

bool has_room(const Member& member, const PoolConfig& config) {
  const uint32_t limit = member.backend->limit_of(config.max_connections);
  return limit == 0 || member.backend->active() < limit;
}

}  // namespace

KeptClient find_kept(const PoolSnapshot& pool, const DescribedRequest& request,
                     const ExplainSource& source) {
  const StickyConfig& config = pool.config->sticky;
  if (!config.on()) return {};
  KeptClient client;
  ExplainedSticky& sticky = client.sticky.emplace();
  sticky.cookie = config.cookie.name;
  sticky.learned = config.kind == StickyConfig::Kind::learn;
  const uint32_t id = look_up(request.cookie(config.cookie.name), pool, source, sticky.why);
  const auto found = std::ranges::find_if(
      pool.members, [&](const Member& member) { return member.backend->id() == id; });
  if (id == 0 || found == pool.members.end()) return client;
  const std::string& address = found->backend->text();
  if (!may_keep(*found)) {
    sticky.why =
        fmt::format("its backend {} is {}: another one is chosen", address, name_of(found->state));
  } else if (!has_room(*found, *pool.config)) {
    sticky.why = fmt::format("its backend {} is full: another one is chosen", address);
  } else {
    sticky.kept = true;
    sticky.why = fmt::format("it leads to {}", address);
    client.member = static_cast<uint32_t>(found - pool.members.begin());
  }
  return client;
}

void take_kept(uint32_t member, Preview& seen) {
  seen.first = member;
  seen.is_full = false;
  std::ranges::fill(seen.chances, 0.0);
  seen.chances[member] = 1;
}

std::string why_with_kept(const ExplainedMember& member, std::string why) {
  if (member.taken) return "sticky: the client is kept here";
  return member.use == Use::used ? "the client is kept elsewhere" : why;
}

}  // namespace fairlead::core

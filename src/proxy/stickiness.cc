#include "proxy/stickiness.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/cookie.h"
#include "core/sticky/read_place.h"
#include "core/sticky/sealed_name.h"
#include "core/sticky/set_cookie.h"
#include "proxy/cookie.h"
#include "proxy/key_facts.h"
#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

// One for each path and domain that a client may have it from; more are somebody's game.
constexpr int kMostTried = 4;

// Whether caches that serve several people leave the response alone (RFC 9111 3). `private="x"`
// is of one field, and does not.
bool is_private(const http::Fields& fields) {
  for (const http::Field& field : fields.all()) {
    if (!wire::http1::equals_ignoring_case(field.name, "cache-control")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(','), rest.size());
      std::string_view directive = rest.substr(0, end);
      rest.remove_prefix(std::min(rest.size(), end + 1));
      while (directive.starts_with(' ') || directive.starts_with('\t')) directive.remove_prefix(1);
      while (directive.ends_with(' ') || directive.ends_with('\t')) directive.remove_suffix(1);
      if (wire::http1::equals_ignoring_case(directive, "private") ||
          wire::http1::equals_ignoring_case(directive, "no-store"))
        return true;
    }
  }
  return false;
}

}  // namespace

// ---- what the request shows -----------------------------------------------------------

core::Key Stickiness::side(const core::SideConfig& side, const core::JsonText* body) {
  const core::Key key = key_of(side, exchange_, prepared_, body);
  if (!side.cookie) return key;
  if (key.present) {
    take_out(side.cookie->name);
    return key;
  }
  const std::string made = fmt::format("{:016x}", worker_.random().next());
  side_cookie_ = &*side.cookie;
  side_ = exchange_.scratch().join({made});
  return core::key_of(side_);
}

uint32_t Stickiness::place_in(core::Pool& pool) {
  pool_ = &pool;
  if (pool.config().sticky.kind == core::StickyConfig::Kind::learn)
    find_session();
  else
    read_cookie();
  return kept_at_;
}

void Stickiness::read_cookie() {
  const std::string& name = pool_->config().sticky.cookie.name;
  int tried = 0;
  for (const http::Field& field : exchange_.request().fields.all()) {
    if (field.id != http::FieldId::cookie) continue;
    std::string_view rest = field.value;
    while (const auto cookie = core::take_cookie(rest)) {
      if (cookie->name != name) continue;
      shown_ = true;
      if (!genuine_ && tried++ < kMostTried) genuine_ = read(cookie->value);
    }
  }
  if (shown_) take_out(name);
}

// Whether it says anything that we have said.
bool Stickiness::read(std::string_view value) {
  const core::ReadPlace place =
      core::read_place(value, pool_->snapshot(), worker_.seal(), worker_.network().wall_now());
  kept_at_ = place.backend;
  is_due_ = place.is_due;
  return place.shows == core::Showing::place || place.shows == core::Showing::gone;
}

// Between the client and us: no business of the backend's.
void Stickiness::take_out(std::string_view name) {
  for (http::Field& field : exchange_.request().fields.all()) {
    if (field.id != http::FieldId::cookie || !field.value.contains(name)) continue;
    char* const into = exchange_.scratch().take(field.value.size() * 2).data();
    field.value = core::without_cookie(field.value, name, into);
    if (field.value.empty()) field.hop_by_hop = true;  // is not passed on
  }
}

void Stickiness::find_session() {
  const core::StickyConfig& sticky = pool_->config().sticky;
  session_ = cookie_of(exchange_.request().fields, sticky.cookie.name);
  if (session_.empty()) return;
  shown_ = true;
  const auto backend =
      pool_->snapshot().series->learned.find(session_, sticky.cookie.ttl, worker_.network().now());
  genuine_ = backend.has_value();
  kept_at_ = backend.value_or(0);
}

// ---- what the client is to remember ---------------------------------------------------

void Stickiness::answer(http::Response& head, const core::Backend& backend) {
  const size_t fields = head.fields.size();
  if (side_cookie_ != nullptr) set_cookie(*side_cookie_, side_, head);
  if (pool_ != nullptr) {
    const core::Stuck stuck = !shown_               ? core::Stuck::fresh
                              : !genuine_           ? core::Stuck::invalid
                              : is_kept_at(backend) ? core::Stuck::kept
                                                    : core::Stuck::moved;
    stuck_ = stuck;
    if (pool_->config().sticky.kind == core::StickyConfig::Kind::learn)
      learn(backend, head);
    else if (stuck != core::Stuck::kept || is_due_)
      set_place(backend, head);
  }
  // One person's cookie in a shared cache would be everybody's.
  if (head.fields.size() != fields && !is_private(head.fields))
    head.fields.add({.name = "cache-control", .value = "private"});
}

void Stickiness::stands() {
  if (stuck_) pool_->tally().sticky[static_cast<size_t>(*stuck_)].add();
  stuck_.reset();
  learned_.clear();
}

void Stickiness::take_back() {
  stuck_.reset();
  for (const std::string_view session : learned_) {
    core::Learned& learned = pool_->snapshot().series->learned;
    if (session == session_ && genuine_)
      learned.learn(session, kept_at_, worker_.network().now());
    else
      learned.forget(session);
  }
  learned_.clear();
}

void Stickiness::set_place(const core::Backend& backend, http::Response& head) {
  const core::StickyNames* names = pool_->snapshot().names.get();
  const Seal* seal = worker_.seal();
  const auto name = names != nullptr ? names->name_of(backend.id()) : std::nullopt;
  if (!name || seal == nullptr) return;
  const core::CookieConfig& cookie = pool_->config().sticky.cookie;
  const WallTime expires = worker_.network().wall_now() + cookie.ttl;
  set_cookie(cookie, core::seal_name({*name, expires}, pool_->config().name, *seal), head);
}

void Stickiness::set_cookie(const core::CookieConfig& cookie, std::string_view value,
                            http::Response& head) {
  const std::string text = core::set_cookie_text(cookie, value, came_by_https());
  // A head that is full goes on without it.
  head.fields.add({.name = "set-cookie", .value = exchange_.scratch().join({text})});
}

void Stickiness::learn(const core::Backend& backend, const http::Response& head) {
  const core::CookieConfig& cookie = pool_->config().sticky.cookie;
  bool is_set = false;
  for (const http::Field& field : head.fields.all()) {
    if (!wire::http1::equals_ignoring_case(field.name, "set-cookie")) continue;
    const core::NamedCookie set = core::cookie_set_by(field.value);
    if (set.name != cookie.name) continue;
    is_set = true;
    learn(exchange_.scratch().join({set.value}), backend);
  }
  // The session goes on elsewhere, under its old name.
  const bool moved = !session_.empty() && genuine_ && !is_kept_at(backend);
  if (!is_set && moved) learn(session_, backend);
}

// At once, not when it stands: the client may be back, at another worker, before we know that bytes
// of the head have left.
void Stickiness::learn(std::string_view session, const core::Backend& backend) {
  pool_->snapshot().series->learned.learn(session, backend.id(), worker_.network().now());
  learned_.push_back(session);
}

}  // namespace fairlead::proxy

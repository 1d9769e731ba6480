#include "net/ticket_keys.h"

#include <openssl/rand.h>

#include <algorithm>

#include "base/check.h"

namespace fairlead::net {
namespace {

TicketKey new_key() {
  TicketKey key;
  for (const std::span<unsigned char> part :
       {std::span<unsigned char>(key.name), std::span<unsigned char>(key.cipher),
        std::span<unsigned char>(key.mac)})
    CHECK(RAND_bytes(part.data(), static_cast<int>(part.size())) == 1);
  return key;
}

}  // namespace

// By whoever comes first when it is due. REQUIRES: the lock.
void TicketKeys::rotate(Instant now) {
  if (begun_ && now - since_ < kSealsFor) return;
  // Whoever sleeps for two spans has no use for the key of the one before.
  before_ = begun_ && now - since_ < 2 * kSealsFor ? std::optional(current_) : std::nullopt;
  current_ = new_key();
  since_ = now;
  begun_ = true;
}

TicketKey TicketKeys::current(Instant now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  return current_;
}

std::optional<TicketKeys::Found> TicketKeys::find(std::span<const unsigned char, 16> name,
                                                  Instant now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  if (std::ranges::equal(name, current_.name)) return Found{current_, true};
  if (before_ && std::ranges::equal(name, before_->name)) return Found{*before_, false};
  return {};
}

}  // namespace fairlead::net

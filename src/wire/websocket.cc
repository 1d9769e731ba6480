#include "wire/websocket.h"

#include <algorithm>

namespace fairlead::wire {
namespace {

constexpr uint8_t kLengthBits = 0x7f;
constexpr uint8_t kMaskBit = 0x80;
constexpr size_t kMaskSize = 4;
constexpr char kFinalClose = static_cast<char>(0x88);

}  // namespace

// Of the head whose first bytes were seen; as far as they tell.
size_t WebSocketFrames::head_size() const {
  if (seen_ < 2) return 2;
  const uint8_t length = head_[1] & kLengthBits;
  const size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
  return 2 + extended + ((head_[1] & kMaskBit) != 0 ? kMaskSize : 0);
}

void WebSocketFrames::pass(std::span<const char> bytes) {
  while (!bytes.empty()) {
    if (payload_ > 0) {
      const size_t count = std::min<uint64_t>(payload_, bytes.size());
      payload_ -= count;
      bytes = bytes.subspan(count);
      continue;
    }
    head_[seen_++] = static_cast<uint8_t>(bytes.front());
    bytes = bytes.subspan(1);
    if (seen_ < head_size()) continue;
    const uint8_t length = head_[1] & kLengthBits;
    const size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    payload_ = extended == 0 ? length : 0;
    for (size_t i = 0; i < extended; ++i) payload_ = payload_ << 8 | head_[2 + i];
    seen_ = 0;
  }
}

uint64_t WebSocketFrames::left() const {
  if (payload_ > 0) return payload_;
  return seen_ > 0 ? head_size() - seen_ : 0;
}

std::string close_frame(uint16_t code, bool masked) {
  std::string frame = {kFinalClose, static_cast<char>(masked ? kMaskBit | 2 : 2)};
  // The mask guards caches that take bytes for HTTP (RFC 6455 10.3); these two can be none.
  if (masked) frame.append(kMaskSize, '\0');
  frame += static_cast<char>(code >> 8);
  frame += static_cast<char>(code & 0xff);
  return frame;
}

}  // namespace fairlead::wire

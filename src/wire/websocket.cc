#include "wire/websocket.h"

#include <openssl/evp.h>

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

namespace {

std::string base64(std::span<const unsigned char> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

}  // namespace

std::string websocket_key(uint64_t high, uint64_t low) {
  std::array<unsigned char, 16> bytes;
  for (size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<unsigned char>(high >> 8 * i);
    bytes[8 + i] = static_cast<unsigned char>(low >> 8 * i);
  }
  return base64(bytes);
}

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, 20> digest;
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return base64({digest.data(), size});
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

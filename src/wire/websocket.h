// WebSocket frames (RFC 6455 5.2), as far as a proxy has to know them: where one ends, so that a
// close can be said between two.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::wire {

// Follows one direction of a connection. What is no WebSocket leads it nowhere, and harms nobody.
class WebSocketFrames {
 public:
  // These bytes passed, behind those of earlier calls. Cost: a look at each frame's head.
  void pass(std::span<const char> bytes);
  // How many of the bytes that follow belong to the frame that has begun: 0 between two frames, at
  // least 1 within one, whose head may tell of more.
  uint64_t left() const;

 private:
  size_t head_size() const;

  std::array<uint8_t, 14> head_;
  uint8_t seen_ = 0;      // bytes of a head that is not complete
  uint64_t payload_ = 0;  // bytes of a payload that are to come
};

// RFC 6455 7.4.1.
inline constexpr uint16_t kGoingAway = 1001;

// The value of Sec-WebSocket-Key, of 128 random bits, and the Sec-WebSocket-Accept that answers one
// (RFC 6455 4.1, 4.2.2).
std::string websocket_key(uint64_t high, uint64_t low);
std::string websocket_accept(std::string_view key);

// A close frame. `masked`: from a client, as it must be (5.3).
std::string close_frame(uint16_t code, bool masked);

}  // namespace fairlead::wire

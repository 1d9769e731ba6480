// Redis, as far as a probe goes: a command out, a reply of one line back (RESP, the Redis
// serialization protocol, versions 2 and 3).
//
// Refuses replies that are no simple string and no error: a probe asks nothing that has others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace fairlead::wire::redis {

// The most that a reply may have, its line end included. Redis' own errors are far below.
inline constexpr size_t kLongestReply = 1024;

// An array of bulk strings, which holds any bytes.
std::string command(std::initializer_list<std::string_view> words);

struct Reply {
  enum class State : uint8_t { incomplete, simple, error, malformed };
  State state = State::incomplete;
  std::string_view text{};  // "PONG", "NOAUTH Authentication required."; a view of the bytes
  size_t size = 0;          // of the reply, where it is complete
};

// The reply at the head of the bytes. Malformed as soon as that is certain.
Reply parse_reply(std::string_view bytes);

}  // namespace fairlead::wire::redis

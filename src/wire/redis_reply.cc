#include "wire/redis_reply.h"

#include <fmt/format.h>

namespace fairlead::wire::redis {

std::string command(std::initializer_list<std::string_view> words) {
  std::string bytes = fmt::format("*{}\r\n", words.size());
  for (const std::string_view word : words)
    bytes += fmt::format("${}\r\n{}\r\n", word.size(), word);
  return bytes;
}

Reply parse_reply(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (bytes[0] != '+' && bytes[0] != '-') return {Reply::State::malformed};
  const size_t end = bytes.substr(0, kLongestReply).find_first_of("\r\n");
  if (end == bytes.npos) {
    return {bytes.size() < kLongestReply ? Reply::State::incomplete : Reply::State::malformed};
  }
  if (bytes[end] == '\n') return {Reply::State::malformed};
  if (end + 1 == bytes.size()) return {};
  if (bytes[end + 1] != '\n') return {Reply::State::malformed};
  const auto state = bytes[0] == '+' ? Reply::State::simple : Reply::State::error;
  return {state, bytes.substr(1, end - 1), end + 2};
}

}  // namespace fairlead::wire::redis

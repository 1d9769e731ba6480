#include "wire/grpc_health.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <optional>

namespace fairlead::wire::grpc {
namespace {

// gRPC over HTTP/2, "Length-Prefixed-Message": a flag for compression, four bytes of length.
constexpr size_t kPrefix = 5;
// Protocol buffers, "Message structure": the types of what follows a key.
enum WireType : uint8_t { varint = 0, eight_bytes = 1, with_length = 2, four_bytes = 5 };

void append_varint(std::string& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  bytes += static_cast<char>(value);
}

// Takes a varint off the head; nothing where it is cut or has more than ten bytes.
std::optional<uint64_t> take_varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    value |= uint64_t{byte & 0x7fu} << (7 * i);
    if (byte & 0x80) continue;
    bytes.remove_prefix(i + 1);
    return value;
  }
  return {};
}

bool skip(std::string_view& bytes, uint64_t size) {
  if (size > bytes.size()) return false;
  bytes.remove_prefix(size);
  return true;
}

// Passes over a value of a type that is not wanted. False: it is cut, or of no known type.
bool skip_value(std::string_view& bytes, uint64_t type) {
  switch (type) {
    case varint: return take_varint(bytes).has_value();
    case eight_bytes: return skip(bytes, 8);
    case four_bytes: return skip(bytes, 4);
    case with_length: {
      const auto size = take_varint(bytes);
      return size && skip(bytes, *size);
    }
    default: return false;
  }
}

// The last field 1 of the message counts (protocol buffers, "Last one wins"); absent, it is 0.
std::optional<uint64_t> status_in(std::string_view message) {
  uint64_t status = 0;
  while (!message.empty()) {
    const auto key = take_varint(message);
    if (!key || *key >> 3 == 0) return {};
    if (*key == (1 << 3 | varint)) {
      const auto value = take_varint(message);
      if (!value) return {};
      status = *value;
    } else if (!skip_value(message, *key & 7)) {
      return {};
    }
  }
  return status;
}

uint32_t length_in(std::string_view prefix) {
  uint32_t length = 0;
  for (size_t i = 1; i < kPrefix; ++i) length = length << 8 | static_cast<uint8_t>(prefix[i]);
  return length;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string health_request(std::string_view service) {
  std::string message;
  if (!service.empty()) {
    message += static_cast<char>(1 << 3 | with_length);
    append_varint(message, service.size());
    message += service;
  }
  std::string bytes(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(message.size() >> shift);
  return bytes + message;
}

std::expected<Serving, std::string> parse_health_response(std::string_view body) {
  if (body.size() < kPrefix) return std::unexpected("no message in the response");
  if (body[0] != 0) return std::unexpected("a compressed message, which nobody asked for");
  if (length_in(body) != body.size() - kPrefix) {
    return std::unexpected("a message of another length than it says");
  }
  const auto status = status_in(body.substr(kPrefix));
  if (!status) return std::unexpected("a malformed message");
  return *status <= uint64_t(Serving::service_unknown) ? Serving(*status) : Serving::unknown;
}

std::string_view name_of(Serving serving) {
  switch (serving) {
    case Serving::serving: return "SERVING";
    case Serving::not_serving: return "NOT_SERVING";
    case Serving::service_unknown: return "SERVICE_UNKNOWN";
    case Serving::unknown: break;
  }
  return "UNKNOWN";
}

std::string status_name(std::string_view status) {
  // gRPC, "Status codes and their use".
  static constexpr std::array<std::string_view, 17> kNames = {"OK",
                                                              "CANCELLED",
                                                              "UNKNOWN",
                                                              "INVALID_ARGUMENT",
                                                              "DEADLINE_EXCEEDED",
                                                              "NOT_FOUND",
                                                              "ALREADY_EXISTS",
                                                              "PERMISSION_DENIED",
                                                              "RESOURCE_EXHAUSTED",
                                                              "FAILED_PRECONDITION",
                                                              "ABORTED",
                                                              "OUT_OF_RANGE",
                                                              "UNIMPLEMENTED",
                                                              "INTERNAL",
                                                              "UNAVAILABLE",
                                                              "DATA_LOSS",
                                                              "UNAUTHENTICATED"};
  size_t number = kNames.size();
  const auto [end, error] = std::from_chars(status.data(), status.data() + status.size(), number);
  const bool known = error == std::errc{} && end == status.data() + status.size();
  return std::string(known && number < kNames.size() ? kNames[number] : status);
}

std::string decode_message(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    if (escape) {
      decoded += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

}  // namespace fairlead::wire::grpc

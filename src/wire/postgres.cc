#include "wire/postgres.h"

#include <fmt/format.h>
#include <openssl/evp.h>

namespace fairlead::wire::postgres {
namespace {

constexpr size_t kHead = 5;  // a type and a length, which counts itself but not the type
constexpr uint32_t kVersion = 3 << 16;

std::string word32(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

// Big-endian, from so many bytes. REQUIRES: they are there.
uint32_t number(std::string_view bytes, size_t size) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

std::string message(char type, std::string_view payload) {
  return type + word32(static_cast<uint32_t>(payload.size() + 4)) + std::string(payload);
}

std::string with_zero(std::string_view text) { return std::string(text) + '\0'; }

// Takes a text and the zero byte behind it; nothing where that is missing.
std::optional<std::string_view> take_text(std::string_view& bytes) {
  const size_t end = bytes.find('\0');
  if (end == bytes.npos) return {};
  const std::string_view text = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  return text;
}

std::optional<std::string> md5_hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_md5(), nullptr) != 1) return {};
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace

std::string startup(std::string_view user, std::string_view database) {
  std::string payload = word32(kVersion);
  for (const std::string_view text :
       {std::string_view("user"), user, std::string_view("database"), database,
        std::string_view("application_name"), std::string_view("fairlead-probe")}) {
    payload += with_zero(text);
  }
  payload += '\0';
  return word32(static_cast<uint32_t>(payload.size() + 4)) + payload;
}

std::string password(std::string_view text) { return message('p', with_zero(text)); }

std::string sasl_first(std::string_view mechanism, std::string_view data) {
  return message(
      'p', with_zero(mechanism) + word32(static_cast<uint32_t>(data.size())) + std::string(data));
}

std::string sasl_next(std::string_view data) { return message('p', data); }

std::string query(std::string_view sql) { return message('Q', with_zero(sql)); }

std::string terminate() { return message('X', {}); }

std::optional<std::string> md5_text(std::string_view user, std::string_view password,
                                    std::string_view salt) {
  const auto inner = md5_hex(std::string(password) + std::string(user));
  const auto outer = inner ? md5_hex(*inner + std::string(salt)) : std::nullopt;
  if (!outer) return {};
  return "md5" + *outer;
}

Message parse_message(std::string_view bytes) {
  if (bytes.empty()) return {};
  // Every type is a letter: whatever speaks another protocol is found out at its first bytes.
  const bool letter = (bytes[0] >= 'A' && bytes[0] <= 'Z') || (bytes[0] >= 'a' && bytes[0] <= 'z');
  if (!letter) return {Message::State::malformed};
  if (bytes.size() < kHead) return {};
  const size_t size = size_t{number(bytes.substr(1), 4)} + 1;
  if (size < kHead || size > kLongestMessage) return {Message::State::malformed};
  if (bytes.size() < size) return {};
  return {Message::State::complete, bytes[0], bytes.substr(kHead, size - kHead), size};
}

std::optional<Complaint> parse_complaint(std::string_view payload) {
  Complaint complaint;
  while (!payload.empty() && payload[0] != '\0') {
    const char field = payload[0];
    payload.remove_prefix(1);
    const auto text = take_text(payload);
    if (!text) return {};
    if (field == 'S') complaint.severity = *text;
    if (field == 'C') complaint.code = *text;
    if (field == 'M') complaint.message = *text;
  }
  if (payload.empty()) return {};
  return complaint;
}

std::optional<Authentication> parse_authentication(std::string_view payload) {
  if (payload.size() < 4) return {};
  const auto demand = static_cast<Demand>(number(payload, 4));
  if (demand == Demand::md5 && payload.size() != 8) return {};
  return Authentication{demand, payload.substr(4)};
}

bool has_mechanism(std::string_view list, std::string_view mechanism) {
  while (const auto name = take_text(list)) {
    if (*name == mechanism) return true;
  }
  return false;
}

std::optional<std::string_view> first_column(std::string_view payload) {
  if (payload.size() < 6 || number(payload, 2) == 0) return {};
  const uint32_t size = number(payload.substr(2), 4);  // NULL is the largest one
  const std::string_view rest = payload.substr(6);
  if (size > rest.size()) return {};
  return rest.substr(0, size);
}

}  // namespace fairlead::wire::postgres

#include "core/sticky/sealed_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace fairlead::core {
namespace {

constexpr size_t kPlain = 12;  // expires, name
constexpr size_t kMark = 12;   // 96 bits: as much as nobody guesses
using Bytes = std::array<uint8_t, kPlain + kMark>;
static_assert(sizeof(Bytes) * 4 == SealedName::kSize * 3);

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";  // RFC 4648 5

constexpr uint8_t kNoDigit = 0xff;
constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (uint8_t i = 0; i < kDigits.size(); ++i) values[static_cast<uint8_t>(kDigits[i])] = i;
  return values;
}();

std::string encode(const Bytes& bytes) {
  std::string text;
  text.reserve(SealedName::kSize);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const uint32_t three =
        uint32_t{bytes[i]} << 16 | uint32_t{bytes[i + 1]} << 8 | uint32_t{bytes[i + 2]};
    for (const int shift : {18, 12, 6, 0}) text += kDigits[three >> shift & 63];
  }
  return text;
}

std::optional<Bytes> decode(std::string_view text) {
  if (text.size() != SealedName::kSize) return {};
  Bytes bytes{};
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t three = 0;
    for (size_t k = 0; k < 4; ++k) {
      const uint8_t value = kValues[static_cast<uint8_t>(text[i / 3 * 4 + k])];
      if (value == kNoDigit) return {};
      three = three << 6 | value;
    }
    bytes[i] = static_cast<uint8_t>(three >> 16);
    bytes[i + 1] = static_cast<uint8_t>(three >> 8);
    bytes[i + 2] = static_cast<uint8_t>(three);
  }
  return bytes;
}

template <typename Number>
void put(Number number, uint8_t* into) {
  for (size_t i = sizeof number; i-- > 0; number = static_cast<Number>(number >> 8))
    into[i] = static_cast<uint8_t>(number);
}

template <typename Number>
Number get(const uint8_t* from) {
  Number number = 0;
  for (size_t i = 0; i < sizeof number; ++i) number = static_cast<Number>(number << 8 | from[i]);
  return number;
}

// What the mark covers. Pools' names hold no zero byte.
Seal::Mark mark_of(std::span<const uint8_t, kPlain> plain, std::string_view pool, const Seal& seal,
                   size_t key) {
  fmt::memory_buffer text;  // on the stack, for all pools' names
  text.append(std::string_view("fairlead sticky 1\0", 18));
  text.append(pool);
  text.push_back('\0');
  text.append(std::string_view(reinterpret_cast<const char*>(plain.data()), plain.size()));
  return seal.mark(key, {text.data(), text.size()});
}

// Every byte is looked at, whatever the first ones say: how long it takes tells nothing.
bool is_same(std::span<const uint8_t, kMark> given, const Seal::Mark& right) {
  unsigned difference = 0;
  for (size_t i = 0; i < kMark; ++i) difference |= static_cast<unsigned>(given[i] ^ right[i]);
  return difference == 0;
}

}  // namespace

std::string seal_name(const SealedName& sealed, std::string_view pool, const Seal& seal) {
  using std::chrono::seconds;
  const auto expires = std::chrono::floor<seconds>(sealed.expires).time_since_epoch().count();
  Bytes bytes{};
  put(static_cast<uint32_t>(std::clamp<int64_t>(expires, 0, UINT32_MAX)), bytes.data());
  put(sealed.name, bytes.data() + 4);
  const Seal::Mark mark = mark_of(std::span(bytes).first<kPlain>(), pool, seal, 0);
  std::copy_n(mark.begin(), kMark, bytes.begin() + kPlain);
  return encode(bytes);
}

std::optional<OpenedName> open_name(std::string_view value, std::string_view pool,
                                    const Seal& seal) {
  const auto bytes = decode(value);
  if (!bytes) return {};
  const auto plain = std::span(*bytes).first<kPlain>();
  const auto given = std::span(*bytes).last<kMark>();
  for (size_t key = 0; key < seal.keys(); ++key) {
    if (!is_same(given, mark_of(plain, pool, seal, key))) continue;
    return OpenedName{{.name = get<uint64_t>(bytes->data() + 4),
                       .expires = WallTime(std::chrono::seconds(get<uint32_t>(bytes->data())))},
                      key};
  }
  return {};
}

}  // namespace fairlead::core

// Classes of bytes in HTTP/1 (RFC 9110 5.6.2, RFC 9112 3), as one table.
//
// Everything that judges single bytes asks here; the SIMD scan (http1_scan.cc) computes the same
// classes in bulk and is tested against this table.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fairlead::wire::http1 {

enum CharClass : uint8_t {
  kToken = 1,   // RFC 9110 5.6.2: names, methods, connection options
  kText = 2,    // may stand in a field value: visible ASCII, SP, HTAB, bytes above 0x7f
  kTarget = 4,  // may stand in a request target, apart from '?' and '#', which end a part of it
  kHost = 8,    // may stand in the host of an authority: see http1_target.h
  kHexDigit = 16,
  kDigit = 32,
};

namespace detail {

constexpr bool is_one_of(int c, std::string_view set) {
  return set.find(static_cast<char>(c)) != std::string_view::npos;
}

constexpr uint8_t classes_of(int c) {
  const bool digit = c >= '0' && c <= '9';
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  const bool visible = c > 0x20 && c < 0x7f;
  uint8_t classes = 0;
  if (digit || letter || (c < 0x80 && is_one_of(c, "!#$%&'*+-.^_`|~"))) classes |= kToken;
  if (visible || c == ' ' || c == '\t' || c >= 0x80) classes |= kText;
  if (visible && c != '?' && c != '#') classes |= kTarget;
  if (digit || letter || (c < 0x80 && is_one_of(c, "-._~"))) classes |= kHost;
  if (hex) classes |= kHexDigit;
  if (digit) classes |= kDigit;
  return classes;
}

constexpr std::array<uint8_t, 256> class_table() {
  std::array<uint8_t, 256> table{};
  for (int c = 0; c < 256; ++c) table[static_cast<size_t>(c)] = classes_of(c);
  return table;
}

inline constexpr std::array<uint8_t, 256> kClasses = class_table();

}  // namespace detail

// Whether `c` is of any of `classes` (a CharClass, or several of them ored).
constexpr bool is_char(char c, unsigned classes) {
  return (detail::kClasses[static_cast<uint8_t>(c)] & classes) != 0;
}

// ASCII only, no locale.
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// The value of a hexadecimal digit. REQUIRES: is_char(c, kHexDigit).
constexpr unsigned hex_value(char c) {
  return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Without spaces and tabs around it (OWS, RFC 9110 5.6.3).
constexpr std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace fairlead::wire::http1

#include "wire/trace_context.h"

#include <algorithm>

namespace fairlead::wire {
namespace {

constexpr size_t kTraceId = 3;  // where each part begins
constexpr size_t kSpanId = 36;
constexpr size_t kFlags = 53;

// 3.2.2.1: lower case alone.
bool is_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != text.npos;
}

char* put_hex(char* at, uint64_t number, int digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
    *at++ = kDigits[(number >> shift) & 15];
  return at;
}

}  // namespace

std::optional<std::string_view> trace_id_of(std::string_view text) {
  if (text.size() < kTraceParentLength) return {};
  if (text[kTraceId - 1] != '-' || text[kSpanId - 1] != '-' || text[kFlags - 1] != '-') return {};
  const std::string_view version = text.substr(0, 2);
  if (!is_hex(version) || version == "ff") return {};
  const bool longer = text.size() > kTraceParentLength;
  if (longer && (version == "00" || text[kTraceParentLength] != '-')) return {};
  const std::string_view trace_id = text.substr(kTraceId, 32);
  if (!is_id(trace_id) || !is_id(text.substr(kSpanId, 16)) || !is_hex(text.substr(kFlags, 2)))
    return {};
  return trace_id;
}

std::string_view write_traceparent(std::span<char, kTraceParentLength> out, uint64_t trace_high,
                                   uint64_t trace_low, uint64_t span, bool sampled) {
  char* at = out.data();
  at = put_hex(at, 0, 2);
  *at++ = '-';
  at = put_hex(put_hex(at, trace_high, 16), trace_low, 16);
  *at++ = '-';
  at = put_hex(at, span, 16);
  *at++ = '-';
  put_hex(at, sampled ? 1 : 0, 2);
  return {out.data(), out.size()};
}

}  // namespace fairlead::wire

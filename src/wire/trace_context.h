// W3C Trace Context (level 1): the field traceparent, read strictly and written anew.
//
//   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//   version, trace id, id of the parent span, flags
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace fairlead::wire {

inline constexpr size_t kTraceParentLength = 55;

// The trace id of a well-formed one, as a view of it; nothing where it is not. A version above 00
// may have more behind the four parts, 00 may not.
std::optional<std::string_view> trace_id_of(std::string_view traceparent);

// Writes one of version 00. REQUIRES: neither id is zero.
std::string_view write_traceparent(std::span<char, kTraceParentLength> out, uint64_t trace_high,
                                   uint64_t trace_low, uint64_t span, bool sampled);

}  // namespace fairlead::wire

#include "proxy/filter/trace.h"

#include "wire/trace_context.h"

namespace fairlead::proxy {
namespace {

using wire::http1::equals_ignoring_case;

constexpr std::string_view kParent = "traceparent";
constexpr std::string_view kState = "tracestate";

// The id that the request came with; nothing: none that can be gone on with.
std::optional<std::string_view> known_trace(const http::Fields& fields) {
  std::optional<std::string_view> id;
  size_t count = 0;
  for (const http::Field& field : fields.all()) {
    if (field.hop_by_hop || !equals_ignoring_case(field.name, kParent)) continue;
    ++count;
    id = wire::trace_id_of(field.value);
  }
  return count == 1 ? id : std::nullopt;
}

uint64_t nonzero(Random& random) {
  const uint64_t bits = random.next();
  return bits == 0 ? 1 : bits;
}

}  // namespace

std::string_view trace(const core::TraceConfig& config, http::Request& request,
                       http::Scratch& scratch, Random& random) {
  if (const auto id = known_trace(request.fields)) return *id;
  for (http::Field& field : request.fields.all()) {
    if (equals_ignoring_case(field.name, kParent) || equals_ignoring_case(field.name, kState))
      field.hop_by_hop = true;
  }
  const auto room = scratch.take(wire::kTraceParentLength).first<wire::kTraceParentLength>();
  const bool sampled = config.sample > 0 && random.below(100) < config.sample;
  const std::string_view parent =
      wire::write_traceparent(room, nonzero(random), nonzero(random), nonzero(random), sampled);
  if (!request.fields.add({.name = kParent, .value = parent})) return {};
  return *wire::trace_id_of(parent);
}

}  // namespace fairlead::proxy

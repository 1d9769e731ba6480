#include "core/totals.h"

#include <fmt/format.h>

namespace fairlead::core {
namespace {

std::string label_of(uint16_t value, bool is_class) {
  if (is_class) return value == 0 ? "other" : fmt::format("{}xx", value);
  return value == 0 ? "none" : fmt::format("{}", value);
}

void add_codes(const StatusCounts& counts, CodeTotals& totals) {
  counts.each([&](uint16_t value, uint64_t count, bool is_class) {
    totals[label_of(value, is_class)] += count;
  });
}

void add_errors(const ErrorCounts& counts, ErrorTotals& totals) {
  for (size_t i = 0; i < kCodes; ++i) totals[i] += counts.value(Code(i));
}

void add_tls(const TlsTally& tally, TlsTotals& totals) {
  totals.handshakes_1_2 += tally.handshakes_1_2.value();
  totals.handshakes_1_3 += tally.handshakes_1_3.value();
  totals.resumed += tally.resumed.value();
  add_errors(tally.failures, totals.failures);
}

}  // namespace

std::string_view name_of(Mirrored result) {
  switch (result) {
    case Mirrored::answered: return "answered";
    case Mirrored::failed: return "failed";
    case Mirrored::busy: return "busy";
    case Mirrored::too_large: return "too-large";
    case Mirrored::incomplete: return "incomplete";
    case Mirrored::no_backend: return "no-backend";
  }
  return "failed";
}

RouteTotals totals_of(const PerWorker<RouteTally>& tallies) {
  RouteTotals totals;
  tallies.each([&](const RouteTally& tally) {
    add_codes(tally.requests, totals.requests);
    totals.duration.add(tally.duration);
    totals.shed += tally.shed.value();
    totals.body_too_large += tally.body_too_large.value();
    totals.full += tally.full.value();
    totals.maintained += tally.maintained.value();
    for (size_t i = 0; i < kMirrored; ++i) totals.mirrored[i] += tally.mirrored[i].value();
  });
  return totals;
}

BackendTotals totals_of(const PerWorker<BackendTally>& tallies) {
  BackendTotals totals;
  tallies.each([&](const BackendTally& tally) {
    add_codes(tally.requests, totals.requests);
    add_errors(tally.errors, totals.errors);
    totals.latency.add(tally.latency);
    totals.retries += tally.retries.value();
    totals.overtaken += tally.overtaken.value();
    const int64_t oldest = tally.oldest.load(std::memory_order_relaxed);
    totals.oldest = std::min(totals.oldest, Instant(Duration(oldest)));
  });
  return totals;
}

ListenerTotals totals_of(const PerWorker<ListenerTally>& tallies) {
  ListenerTotals totals;
  tallies.each([&](const ListenerTally& tally) {
    // In this order: one that opens in between is missed, never one closed that was not opened.
    const uint64_t closed = tally.closed.value();
    const uint64_t opened = tally.opened.value();
    totals.connections += opened > closed ? opened - closed : 0;
    totals.opened += opened;
    totals.refused += tally.refused.value();
    totals.bytes_in += tally.bytes_in.value();
    totals.bytes_out += tally.bytes_out.value();
    add_tls(tally.tls, totals.tls);
  });
  return totals;
}

PoolTotals totals_of(const PerWorker<PoolTally>& tallies) {
  PoolTotals totals;
  tallies.each([&](const PoolTally& tally) {
    totals.retries += tally.retries.value();
    totals.unbudgeted += tally.unbudgeted.value();
    totals.hedges += tally.hedges.value();
    totals.hedges_won += tally.hedges_won.value();
    totals.rejected += tally.rejected.value();
    totals.queued += tally.queued.value();
    totals.queue_full += tally.queue_full.value();
    totals.queue_timeout += tally.queue_timeout.value();
    for (size_t i = 0; i < kStucks.size(); ++i) totals.sticky[i] += tally.sticky[i].value();
    add_errors(tally.errors, totals.errors);
    add_tls(tally.tls, totals.tls);
  });
  return totals;
}

}  // namespace fairlead::core

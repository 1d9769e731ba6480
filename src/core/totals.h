// Totals: tallies added up over all workers, as plain values for metrics and the API.
//
// The reading end of the tallies, on the control thread. Codes become the labels that metrics show.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "core/histogram.h"
#include "core/series.h"
#include "core/tally.h"

namespace fairlead::core {

// Failures by Code.
using ErrorTotals = std::array<uint64_t, kCodes>;

// Requests by label: "200"; "none" for work without a status (TCP); "5xx", or "other", for codes
// beyond the sixteen that a worker counts each.
using CodeTotals = std::map<std::string, uint64_t>;

struct RouteTotals {
  CodeTotals requests;
  Distribution duration;
  uint64_t shed = 0;
  uint64_t body_too_large = 0;
  uint64_t full = 0;
  uint64_t maintained = 0;
  std::array<uint64_t, kMirrored> mirrored{};
};
RouteTotals totals_of(const PerWorker<RouteTally>& tallies);

struct BackendTotals {
  CodeTotals requests;
  ErrorTotals errors{};
  Distribution latency;
  uint64_t retries = 0;
  uint64_t overtaken = 0;
  Instant oldest = kNever;  // as BackendTally has it
};
BackendTotals totals_of(const PerWorker<BackendTally>& tallies);

struct TlsTotals {
  uint64_t handshakes_1_2 = 0;
  uint64_t handshakes_1_3 = 0;
  uint64_t resumed = 0;
  ErrorTotals failures{};
};

struct ListenerTotals {
  uint64_t connections = 0;  // open now
  uint64_t opened = 0;
  uint64_t refused = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  TlsTotals tls;
};
ListenerTotals totals_of(const PerWorker<ListenerTally>& tallies);

struct PoolTotals {
  uint64_t retries = 0;
  uint64_t unbudgeted = 0;
  uint64_t hedges = 0;
  uint64_t hedges_won = 0;
  uint64_t rejected = 0;
  uint64_t queued = 0;
  uint64_t queue_full = 0;
  uint64_t queue_timeout = 0;
  std::array<uint64_t, kStucks.size()> sticky{};  // by Stuck
  ErrorTotals errors{};
  TlsTotals tls;
};
PoolTotals totals_of(const PerWorker<PoolTally>& tallies);

}  // namespace fairlead::core

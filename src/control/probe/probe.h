// Probe: one question to one backend: is it fit for work?
//
// Kinds are one file each, listed in list.inc. A probe knows no thresholds and no schedule
// (core/health): it asks once and says what came of it, in words for a person.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/address.h"
#include "base/instant.h"
#include "base/result.h"
#include "core/config/config.h"
#include "net/network.h"
#include "net/task.h"
#include "net/tls_client.h"

namespace fairlead::control {

struct ProbeResult {
  enum class Verdict : uint8_t {
    passed,
    degraded,  // passed, and the answer says that the backend is not well
    draining,  // passed, and the answer says that the backend wants to leave
    failed,
    unknown,  // it could not be asked, for a reason of ours: no descriptor was left
  };
  Verdict verdict = Verdict::failed;
  std::string words;  // "connected", "status 503, expected 200-399", "connection refused"
};

using Verdict = ProbeResult::Verdict;

// Those that count, in the order of the enumeration.
inline constexpr std::array kVerdicts = {Verdict::passed, Verdict::degraded, Verdict::draining,
                                         Verdict::failed};

// The name in the API and the metrics: lower case, one word.
constexpr std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed: return "passed";
    case Verdict::degraded: return "degraded";
    case Verdict::draining: return "draining";
    case Verdict::failed: return "failed";
    case Verdict::unknown: return "unknown";
  }
  return "unknown";
}

inline ProbeResult pass(std::string words) { return {Verdict::passed, std::move(words)}; }
inline ProbeResult failed(std::string words) { return {Verdict::failed, std::move(words)}; }
// Of a question that got no answer.
ProbeResult result_of(const Error& error);

// Where a backend is asked: at its own port, or at that of the probes. A Unix socket has none.
Address probed_address(const Address& backend, const core::ProbeConfig& config);

// Who is asked.
struct Asked {
  Address address;
  std::shared_ptr<net::TlsClient> tls{};  // null: in clear text
};

class Probe {
 public:
  virtual ~Probe() = default;
  // Asks once. Ends by `deadline` (with a timer's tick), dropped at any time. The probe outlives
  // it.
  virtual net::Task<ProbeResult> run(net::Network& network, Asked whom,
                                     Instant deadline) const = 0;
};

// The probe of a configuration; null where that is off.
std::unique_ptr<Probe> make_probe(const core::ProbeConfig& config);

}  // namespace fairlead::control

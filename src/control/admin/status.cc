// GET /api/v1/status: this instance: version, uptime, generation, listeners.
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "control/admin/call.h"
#include "control/admin/json.h"
#include "control/process_use.h"
#include "core/totals.h"

namespace fairlead::control {
namespace {

Json addresses_of(const AdminParts& parts, const core::ListenerConfig& config) {
  Json addresses = Json::array();
  const auto bound = parts.bound ? parts.bound(config.name) : std::vector<Address>();
  for (const Address& address : bound.empty() ? config.bind : bound)
    addresses.push_back(address.text());
  return addresses;
}

Json certificates_of(const core::TlsConfig& tls) {
  Json certificates = Json::array();
  for (const core::CertificateConfig& one : tls.certificates) {
    certificates.push_back({{"certificate", one.cert},
                            {"names", one.facts.names},
                            {"key", one.facts.key},
                            {"expires", rfc3339(one.facts.expires)}});
  }
  return certificates;
}

Json json_of(const AdminParts& parts, const core::ListenerSnapshot& listener) {
  const core::ListenerConfig& config = *listener.config;
  const core::ListenerTotals totals = core::totals_of(listener.series->tally);
  Json json = {{"name", config.name},
               {"addresses", addresses_of(parts, config)},
               {"protocol", config.protocol == core::Protocol::tcp ? "tcp" : "http"},
               {"connections", totals.connections},
               {"connections_total", totals.opened},
               {"connections_refused", totals.refused},
               {"bytes_in", totals.bytes_in},
               {"bytes_out", totals.bytes_out}};
  if (config.tls) json["certificates"] = certificates_of(*config.tls);
  return json;
}

http::Answer answer(const AdminParts& parts, const AdminRequest&) {
  const Controller& controller = parts.controller;
  const ProcessUse use = process_use();
  Json listeners = Json::array();
  uint64_t connections = 0;
  if (const auto& snapshot = controller.snapshot()) {
    for (const auto& listener : snapshot->listeners) {
      listeners.push_back(json_of(parts, *listener));
      connections += core::totals_of(listener->series->tally).connections;
    }
  }
  Json status = {{"version", parts.version},
                 {"pid", getpid()},
                 {"started", rfc3339(parts.started)},
                 {"uptime_seconds", seconds_of(parts.network.now() - parts.started_at)},
                 {"generation", controller.generation()},
                 {"draining", controller.is_draining()},
                 {"workers", controller.workers()},
                 {"cpu_seconds", seconds_of(use.cpu)},
                 {"resident_memory_bytes", use.resident_bytes},
                 {"listeners", std::move(listeners)}};
  if (controller.is_draining()) {
    const Duration left = controller.drain_deadline() - parts.network.now();
    status["drain"] = {{"left", connections},
                       {"seconds_left", seconds_of(std::max(Duration::zero(), left))}};
    const Instant oldest = parts.oldest_work ? parts.oldest_work() : kNever;
    if (oldest != kNever)
      status["drain"]["oldest_seconds"] = seconds_of(parts.network.now() - oldest);
  }
  return json_answer(status);
}

}  // namespace

AdminCall status_call();
AdminCall status_call() { return {"GET", "/api/v1/status", &answer}; }

}  // namespace fairlead::control

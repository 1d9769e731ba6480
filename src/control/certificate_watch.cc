#include "control/certificate_watch.h"

#include "core/certificate_end.h"

namespace fairlead::control {

CertificateWatch::CertificateWatch(net::Network& network, Log& log, Current current)
    : network_(network), log_(log), current_(std::move(current)), alarm_(network.wheel()) {
  scope_.spawn(watch());
}

net::Task<void> CertificateWatch::watch() {
  while (true) {
    co_await net::sleep_until(alarm_, network_.now() + 24h);
    if (const auto snapshot = current_()) look(*snapshot);
  }
}

void CertificateWatch::look(const core::Snapshot& snapshot) {
  const WallTime now = network_.wall_now();
  for (const auto& listener : snapshot.listeners) {
    if (!listener->config->tls) continue;
    for (const core::CertificateConfig& one : listener->config->tls->certificates) {
      if (!one.staple.empty() && one.staple_facts.expires <= now)
        log_.warning("listener {}: {} is not stapled any more: it was good until {}; put a new one "
                     "in its place, and send SIGHUP",
                     listener->config->name, one.ocsp, core::day_of(one.staple_facts.expires));
      if (!core::ends_soon(one.facts, now)) continue;
      log_.warning("listener {}: {} {}; put a new one in its place, and send SIGHUP",
                   listener->config->name, one.cert, core::end_text(one.facts, now));
    }
  }
  for (const auto& pool : snapshot.pools) {
    const auto& tls = pool->config->tls;
    if (!tls || tls->certificate.cert.empty() || !core::ends_soon(tls->certificate.facts, now))
      continue;
    log_.warning("pool {}: {} {}; put a new one in its place, and send SIGHUP", pool->config->name,
                 tls->certificate.cert, core::end_text(tls->certificate.facts, now, "backends"));
  }
}

}  // namespace fairlead::control

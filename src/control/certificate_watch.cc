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
      if (!core::ends_soon(one.facts, now)) continue;
      log_.warning("listener {}: {} {}; put a new one in its place, and send SIGHUP",
                   listener->config->name, one.cert, core::end_text(one.facts, now));
    }
  }
}

}  // namespace fairlead::control

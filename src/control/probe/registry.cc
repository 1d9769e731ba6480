// The kinds of probes, by list.inc: the one place that knows them all.
#include "control/probe/probe.h"

namespace fairlead::control {

#define PROBE(name) std::unique_ptr<Probe> make_##name##_probe(const core::ProbeConfig& config);
#include "control/probe/list.inc"
#undef PROBE

std::unique_ptr<Probe> make_probe(const core::ProbeConfig& config) {
  switch (config.kind) {
    case core::ProbeConfig::Kind::off: return nullptr;
#define PROBE(name) \
  case core::ProbeConfig::Kind::name: return make_##name##_probe(config);
#include "control/probe/list.inc"
#undef PROBE
  }
  return nullptr;
}

Address probed_address(const Address& backend, const core::ProbeConfig& config) {
  if (config.port == 0 || backend.is_unix()) return backend;
  return {backend.ip(), static_cast<uint16_t>(config.port)};
}

ProbeResult result_of(const Error& error) {
  const bool ours = error.code == Code::exhausted;
  return {ours ? Verdict::unknown : Verdict::failed, error.detail};
}

}  // namespace fairlead::control

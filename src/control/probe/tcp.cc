// A TCP probe passes when the backend accepts a connection. Nothing is sent.
#include "control/probe/probe.h"
#include "net/dial.h"

namespace fairlead::control {
namespace {

class TcpProbe final : public Probe {
 public:
  net::Task<ProbeResult> run(net::Network& network, Address address,
                             Instant deadline) const override {
    auto stream = co_await net::dial(network, address, deadline);
    if (!stream) co_return result_of(stream.error());
    // A reset leaves no TIME_WAIT, of which many backends would make thousands; nor has the
    // backend's log an empty connection that ended in order.
    (*stream)->reset();
    co_return ProbeResult{ProbeResult::Verdict::passed, "connected"};
  }
};

}  // namespace

std::unique_ptr<Probe> make_tcp_probe(const core::ProbeConfig&);
std::unique_ptr<Probe> make_tcp_probe(const core::ProbeConfig&) {
  return std::make_unique<TcpProbe>();
}

}  // namespace fairlead::control

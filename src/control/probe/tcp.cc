// A TCP probe passes when the backend accepts a connection, and a TLS handshake where that is
// wanted, and then, where that is wanted, sends
// the bytes that are expected of it.
#include <fmt/format.h>

#include "control/probe/dialogue.h"
#include "control/probe/probe.h"
#include "control/probe/words.h"

namespace fairlead::control {
namespace {

// A greeting or a short answer; what is expected must be within.
constexpr size_t kMostHeard = 4096;

class TcpProbe final : public Probe {
 public:
  explicit TcpProbe(const core::TcpProbeConfig& config) : config_(config) {}

  net::Task<ProbeResult> run(net::Network& network, Asked whom,
                             Instant deadline) const override {
    Dialogue dialogue(network, deadline, kMostHeard);
    const bool encrypted = whom.tls != nullptr;
    auto done = co_await dialogue.open(std::move(whom));
    if (!done) co_return result_of(done.error());
    if (config_.expect.empty()) co_return pass(encrypted ? "connected over TLS" : "connected");
    if (!config_.send.empty()) done = co_await dialogue.say(config_.send);
    while (done && !dialogue.heard().contains(config_.expect)) done = co_await dialogue.hear();
    if (done) co_return pass("the expected answer came");
    co_return failure(dialogue.heard(), done.error());
  }

 private:
  ProbeResult failure(std::string_view heard, const Error& error) const {
    if (heard.empty()) return result_of(error);
    return failed(fmt::format("`{}`, expected `{}` in it; then {}", said(heard),
                              said(config_.expect), error.detail));
  }

  core::TcpProbeConfig config_;
};

}  // namespace

std::unique_ptr<Probe> make_tcp_probe(const core::ProbeConfig& config);
std::unique_ptr<Probe> make_tcp_probe(const core::ProbeConfig& config) {
  return std::make_unique<TcpProbe>(config.tcp);
}

}  // namespace fairlead::control

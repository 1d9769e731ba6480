// An HTTP probe passes when the answer has a status that is expected and says what it should; the
// backend is degraded or draining when the answer says that.
//
// Redirects are not followed: a 302 is an answer like any other. At most 64 KiB of the body are
// read, so that a health page may say more than it should.
#include <fmt/format.h>

#include <algorithm>

#include "control/probe/answer.h"
#include "control/probe/probe.h"
#include "http/fetch.h"

namespace fairlead::control {
namespace {

constexpr size_t kMostBody = 64 * 1024;

class HttpProbe final : public Probe {
 public:
  explicit HttpProbe(const core::ProbeConfig& config)
      : config_(config),
        request_{.method = config.method,
                 .host = config.host,
                 .path = config.path,
                 .fields = config.headers} {
    const bool named = std::ranges::any_of(
        config.headers, [](const auto& field) { return field.first == "user-agent"; });
    if (!named) request_.fields.emplace_back("user-agent", "fairlead-probe");
  }

  net::Task<ProbeResult> run(net::Network& network, Asked whom,
                             Instant deadline) const override {
    const auto fetched =
        co_await http::fetch(network, std::move(whom.address), request_, deadline, kMostBody,
                             std::move(whom.tls));
    if (!fetched) co_return result_of(fetched.error());
    co_return judge(config_, *fetched);
  }

 private:
  core::ProbeConfig config_;
  http::FetchRequest request_;
};

}  // namespace

std::unique_ptr<Probe> make_http_probe(const core::ProbeConfig& config);
std::unique_ptr<Probe> make_http_probe(const core::ProbeConfig& config) {
  return std::make_unique<HttpProbe>(config);
}

}  // namespace fairlead::control

// An HTTP probe passes when a GET is answered with a status that is expected.
//
// Redirects are not followed: a 302 is an answer like any other. At most 64 KiB of the body are
// read, so that a health page may say more than it should.
#include <fmt/format.h>

#include <algorithm>

#include "control/probe/probe.h"
#include "http/fetch.h"

namespace fairlead::control {
namespace {

constexpr size_t kMostBody = 64 * 1024;

using Ranges = std::vector<std::pair<uint16_t, uint16_t>>;

std::string text_of(const Ranges& ranges) {
  std::string text;
  for (const auto& [first, last] : ranges) {
    if (!text.empty()) text += ", ";
    text += first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last);
  }
  return text;
}

class HttpProbe final : public Probe {
 public:
  explicit HttpProbe(const core::ProbeConfig& config)
      : path_(config.path), host_(config.host), expect_(config.expect) {}

  net::Task<ProbeResult> run(net::Network& network, Address address,
                             Instant deadline) const override {
    http::FetchRequest request{
        .host = host_, .path = path_, .fields = {{"user-agent", "fairlead-probe"}}};
    const auto fetched =
        co_await http::fetch(network, address, std::move(request), deadline, kMostBody);
    if (!fetched) co_return result_of(fetched.error());
    co_return judge(fetched->status);
  }

 private:
  ProbeResult judge(uint16_t status) const {
    const bool fits = std::ranges::any_of(expect_, [&](const auto& range) {
      return status >= range.first && status <= range.second;
    });
    if (fits) return {ProbeResult::Verdict::passed, fmt::format("status {}", status)};
    return {ProbeResult::Verdict::failed,
            fmt::format("status {}, expected {}", status, text_of(expect_))};
  }

  std::string path_;
  std::string host_;
  Ranges expect_;
};

}  // namespace

std::unique_ptr<Probe> make_http_probe(const core::ProbeConfig& config);
std::unique_ptr<Probe> make_http_probe(const core::ProbeConfig& config) {
  return std::make_unique<HttpProbe>(config);
}

}  // namespace fairlead::control

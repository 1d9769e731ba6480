#include "control/certificate_watch.h"

#include <gtest/gtest.h>

#include "control/test_config.h"
#include "control/test_log.h"
#include "net/sim_network.h"

namespace fairlead::control {
namespace {

TEST(CertificateWatch, WarnsOnceADayFromTwoWeeksBeforeTheEnd) {
  net::SimWorld world(1);
  net::SimNetwork network(world, Ip::v4({10, 0, 0, 1}));
  core::Registry registry(1);
  auto config = std::make_shared<core::Config>(*test_config({test_pool("app", {})}));
  core::CertificateConfig certificate{.cert = "site.crt", .key = "site.key"};
  certificate.facts.expires = network.wall_now() + 17 * 24h + 1h;
  config->listeners[0].tls.emplace().certificates.push_back(certificate);
  const auto snapshot = core::make_snapshot(
      config, registry, 1, 1, [](const auto&, const auto&) { return core::Standing{}; });
  TestLog log;
  CertificateWatch watch(network, log.log, [&] { return snapshot; });
  world.run_for(3 * 24h + 30min);
  EXPECT_EQ(log.lines.size(), 0u);
  world.run_for(24h);
  EXPECT_EQ(log.lines.size(), 1u);
  EXPECT_EQ(log.count("listener app: site.crt expires in 13 days, on "), 1u);
  world.run_for(13 * 24h);
  EXPECT_EQ(log.lines.size(), 14u);
  world.run_for(24h);
  EXPECT_EQ(log.count("site.crt expired on "), 1u);
}

}  // namespace
}  // namespace fairlead::control

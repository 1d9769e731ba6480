#include "control/signals.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

#include "control/test_log.h"

namespace fairlead::control {
namespace {

TEST(Signals, BecomeCallsInTheirOrder) {
  Signals::block();
  net::KernelNetwork network;
  TestLog lines;
  std::vector<std::string> calls;
  const auto call = [&](std::string name) {
    calls.push_back(std::move(name));
    if (calls.size() == 4) network.stop();
  };
  auto signals = Signals::watch(network,
                                {.stop = [&](std::string_view name) { call(std::string(name)); },
                                 .reload = [&] { call("reload"); },
                                 .reopen_logs = [&] { call("reopen"); }},
                                lines.log);
  ASSERT_TRUE(signals);
  network.post([&] {
    for (const int signal : {SIGUSR2, SIGHUP, SIGUSR1, SIGINT, SIGTERM}) raise(signal);
  });
  network.run();
  std::sort(calls.begin(), calls.end());
  EXPECT_EQ(calls, (std::vector<std::string>{"SIGINT", "SIGTERM", "reload", "reopen"}));
  network.post([&] { network.stop(); });
  network.run();
  EXPECT_EQ(lines.count("SIGUSR2 is ignored"), 1u);
}

}  // namespace
}  // namespace fairlead::control

#include "control/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "net/scope.h"
#include "net/sim_network.h"

namespace fairlead::control {
namespace {

// The manager's end, in the abstract namespace.
class Manager : public testing::Test {
 protected:
  Manager() : name_("@fairlead-notify-test-" + std::to_string(getpid())) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path + 1, name_.data() + 1, name_.size() - 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&at), size), 0);
  }
  std::string next() {
    char bytes[512];
    const ssize_t count = recv(socket_.get(), bytes, sizeof bytes, 0);
    return count < 0 ? "nothing" : std::string(bytes, static_cast<size_t>(count));
  }

  std::string name_;
  net::Descriptor socket_{socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
};

TEST_F(Manager, IsToldInTheWordsOfTheProtocol) {
  Notify notify(name_);
  notify.ready("2 listeners\nand more");
  EXPECT_EQ(next(), "READY=1\nSTATUS=2 listeners and more\n");
  notify.status("all is well");
  EXPECT_EQ(next(), "STATUS=all is well\n");
  notify.reloading(Instant(5s));
  EXPECT_EQ(next(), "RELOADING=1\nMONOTONIC_USEC=5000000\n");
  notify.extend(90s);
  EXPECT_EQ(next(), "EXTEND_TIMEOUT_USEC=90000000\n");
  notify.stopping("draining");
  EXPECT_EQ(next(), "STOPPING=1\nSTATUS=draining\n");
}

TEST_F(Manager, HearsOfUsTwiceInEachSpanThatItAsksFor) {
  net::SimWorld world(1);
  net::SimNetwork network(world, Ip::v4({10, 0, 0, 1}));
  Notify notify(name_, 10s);
  net::Scope scope;
  scope.spawn(keep_alive(network, notify));
  EXPECT_EQ(next(), "WATCHDOG=1\n");
  world.run_for(4900ms);
  EXPECT_EQ(next(), "nothing");
  world.run_for(200ms);
  EXPECT_EQ(next(), "WATCHDOG=1\n");
}

TEST_F(Manager, IsFoundInTheEnvironment) {
  setenv("NOTIFY_SOCKET", name_.c_str(), 1);
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(Notify::from_environment().alive_interval(), Duration(15s));
  setenv("WATCHDOG_PID", "1", 1);
  Notify notify = Notify::from_environment();
  EXPECT_EQ(notify.alive_interval(), Duration::zero());
  notify.ready("here");
  EXPECT_EQ(next(), "READY=1\nSTATUS=here\n");
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  EXPECT_FALSE(Notify::from_environment().is_on());
}

TEST(Notify, TellsNobodyWhereTheSocketMakesNoSense) {
  for (const char* socket : {"", "@", "relative", "vsock:2:1"})
    EXPECT_FALSE(Notify(socket).is_on()) << socket;
  EXPECT_FALSE(Notify(std::string(200, '/')).is_on());
}

}  // namespace
}  // namespace fairlead::control

#include "control/probe/test_probe.h"

namespace fairlead::control {
namespace {

class TcpProbing : public Probing {
 protected:
  std::string ask(std::string send, std::string expect) {
    return probe({.tcp = {std::move(send), std::move(expect)}});
  }
};

TEST_F(TcpProbing, IsContentWithAConnection) {
  EXPECT_EQ(ask("", ""), "failed: connection refused");
  answer({});
  EXPECT_EQ(ask("", ""), "passed: connected");
}

TEST_F(TcpProbing, SendsAndHears) {
  answer({"-LOADING\r\n+PONG\r\n"});
  EXPECT_EQ(ask("PING\r\n", "+PONG"), "passed: the expected answer came");
  EXPECT_EQ(server_->heard(), "PING\r\n");
}

TEST_F(TcpProbing, SaysWhatCameInstead) {
  answer({"-ERR\r\n"}, true);
  EXPECT_EQ(ask("PING\r\n", "+PONG"),
            "failed: `-ERR??`, expected `+PONG` in it; then the connection was closed without an "
            "answer");
}

TEST_F(TcpProbing, WaitsNoLongerThanItsTime) {
  answer({"+PO"});
  EXPECT_EQ(ask("PING\r\n", "+PONG"),
            "failed: `+PO`, expected `+PONG` in it; then no answer within 2.0 s");
  answer({""});
  EXPECT_EQ(ask("PING\r\n", "+PONG"), "failed: no answer within 2.0 s");
}

TEST_F(TcpProbing, HearsNoMoreThanItsLimit) {
  answer({std::string(10'000, 'x')});
  const std::string words = ask("a", "b");
  EXPECT_TRUE(words.ends_with("then more than 4096 bytes came")) << words;
  EXPECT_LT(words.size(), 400u);
}

TEST(ProbedAddress, IsTheBackendsUnlessThereIsAPort) {
  const Address backend(Ip::v4({10, 0, 0, 2}), 9000);
  EXPECT_EQ(probed_address(backend, {}), backend);
  EXPECT_EQ(probed_address(backend, {.port = 81}), Address(Ip::v4({10, 0, 0, 2}), 81));
  const Address socket = Address::unix_path("/run/a.sock");
  EXPECT_EQ(probed_address(socket, {.port = 81}), socket);
}

}  // namespace
}  // namespace fairlead::control

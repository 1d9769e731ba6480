// Real sockets on 127.0.0.1, both ends in one loop.
#include "net/kernel_network.h"

#include <gtest/gtest.h>

#include <string>

#include "net/scope.h"

namespace fairlead::net {
namespace {

struct Pair {
  std::unique_ptr<Stream> client;
  std::unique_ptr<Stream> accepted;
};

Task<Pair> make_pair(KernelNetwork& network, Acceptor& acceptor, Alarm& alarm) {
  Pair pair;
  pair.client = std::move(*network.connect(acceptor.local()));
  co_await wait_for(alarm, network.now() + 5s, acceptor.acceptable());
  pair.accepted = std::move(*acceptor.accept());
  co_await wait_for(alarm, network.now() + 5s, pair.client->writable());
  EXPECT_EQ(pair.client->connected().state, Io::State::done);
  co_return pair;
}

// Runs `scene(network, pair, alarm)` to its end.
template <typename Scene>
void play(Scene scene) {
  KernelNetwork network;
  auto acceptor = network.listen(Address(Ip::v4({127, 0, 0, 1}), 0));
  ASSERT_TRUE(acceptor);
  Alarm alarm(network.wheel());
  bool ended = false;
  auto whole = [](KernelNetwork& net, Acceptor& at, Alarm& clock, Scene& act,
                  bool& done) -> Task<void> {
    Pair pair = co_await make_pair(net, at, clock);
    co_await act(net, pair, clock);
    done = true;
    net.stop();
  };
  Scope scope;
  scope.spawn(whole(network, **acceptor, alarm, scene, ended));
  if (!ended) network.run();
  EXPECT_TRUE(ended);
}

std::string read_some(Stream& stream) {
  char bytes[64];
  const Io io = stream.read(bytes);
  return io.state == Io::State::done ? std::string(bytes, io.count) : std::string();
}

TEST(KernelNetwork, AcceptedStreamHearsOfBytesThatComeBehindTheFirst) {
  play([](KernelNetwork& network, Pair& pair, Alarm& alarm) -> Task<void> {
    pair.client->write(std::string_view("one"));
    co_await wait_for(alarm, network.now() + 5s, pair.accepted->readable());
    while (read_some(*pair.accepted).empty()) {
      co_await wait_for(alarm, network.now() + 5s, pair.accepted->readable());
    }
    pair.client->write(std::string_view("two"));
    EXPECT_EQ(co_await wait_for(alarm, network.now() + 5s, pair.accepted->readable()), Woke::event);
    EXPECT_EQ(read_some(*pair.accepted), "two");
  });
}

TEST(KernelNetwork, AcceptedStreamHearsThatItsClientLeftWhileNobodyReadsOrWrites) {
  play([](KernelNetwork& network, Pair& pair, Alarm& alarm) -> Task<void> {
    pair.client->reset();
    pair.client.reset();
    EXPECT_EQ(co_await wait_for(alarm, network.now() + 5s, pair.accepted->broken()), Woke::event);
  });
}

TEST(KernelNetwork, AcceptedStreamMayBeDroppedBeforeTheLoopHasHeardOfIt) {
  play([](KernelNetwork& network, Pair& pair, Alarm& alarm) -> Task<void> {
    pair.accepted->write(std::string_view("bye"));
    pair.accepted.reset();
    co_await wait_for(alarm, network.now() + 5s, pair.client->readable());
    EXPECT_EQ(read_some(*pair.client), "bye");
  });
}

}  // namespace
}  // namespace fairlead::net

#include "net/sim_network.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/test_sim.h"

namespace fairlead::net {
namespace {

TEST(SimNetwork, ConnectsAfterALatency) {
  SimBench bench;
  const Instant start = bench.world.now();
  auto client = bench.client.connect(bench.address).value();
  EXPECT_EQ(client->connected().state, Io::State::blocked);
  char buffer[1];
  EXPECT_EQ(client->read(buffer).state, Io::State::blocked);
  EXPECT_EQ(bench.wait([&] { return client->connected().state == Io::State::done; }),
            SimWorld::Ended::finished);
  EXPECT_GE(bench.world.now() - start, 100us);  // there and back
  EXPECT_LE(bench.world.now() - start, 1ms);
  EXPECT_TRUE(client->writable().is_set());
  EXPECT_FALSE(client->readable().is_set());
}

TEST(SimNetwork, BothEndsKnowEachOther) {
  SimBench bench;
  auto [client, server] = bench.connect();
  EXPECT_EQ(client->peer(), bench.address);
  EXPECT_EQ(client->local().ip(), sim_host(1));
  EXPECT_EQ(server->local(), bench.address);
  EXPECT_EQ(server->peer(), client->local());
  EXPECT_EQ(client->descriptor(), -1);
}

TEST(SimNetwork, BytesArriveInOrderBothWays) {
  SimBench bench;
  auto [client, server] = bench.connect();
  EXPECT_EQ(write(*client, "one ").count, 4u);
  EXPECT_EQ(write(*client, "two").count, 3u);
  EXPECT_EQ(write(*server, "three").count, 5u);
  EXPECT_EQ(read_all(*server), "");  // not at once
  bench.settle();
  EXPECT_EQ(read_all(*server), "one two");
  EXPECT_EQ(read_all(*client), "three");
}

TEST(SimNetwork, AShortReadClearsReadableAndAFullOneDoesNot) {
  SimBench bench;
  auto [client, server] = bench.connect();
  write(*client, "abcdef");
  bench.settle();
  char buffer[4];
  EXPECT_EQ(server->read(buffer).count, 4u);
  EXPECT_TRUE(server->readable().is_set());
  EXPECT_EQ(server->read(buffer).count, 2u);
  EXPECT_FALSE(server->readable().is_set());
  EXPECT_EQ(server->read(buffer).state, Io::State::blocked);
  write(*client, "g");
  bench.settle();
  EXPECT_TRUE(server->readable().is_set());
}

TEST(SimNetwork, AReadThatExactlyDrainsIsFollowedByBlocked) {
  SimBench bench;
  auto [client, server] = bench.connect();
  write(*client, "abcd");
  bench.settle();
  char buffer[4];
  EXPECT_EQ(server->read(buffer).count, 4u);
  EXPECT_TRUE(server->readable().is_set());
  EXPECT_EQ(server->read(buffer).state, Io::State::blocked);
  EXPECT_FALSE(server->readable().is_set());
}

TEST(SimNetwork, TheEndComesBehindTheBytesAndStays) {
  SimBench bench;
  auto [client, server] = bench.connect();
  write(*client, "last");
  client->shutdown_write();
  bench.settle();
  char buffer[64];
  EXPECT_EQ(server->read(buffer).count, 4u);
  EXPECT_TRUE(server->readable().is_set());  // the end is still to be read
  EXPECT_EQ(server->read(buffer).state, Io::State::end);
  EXPECT_EQ(server->read(buffer).state, Io::State::end);
  EXPECT_FALSE(server->broken().is_set());
}

TEST(SimNetwork, TheOtherDirectionOutlivesAHalfClose) {
  SimBench bench;
  auto [client, server] = bench.connect();
  client->shutdown_write();
  bench.settle();
  EXPECT_EQ(write(*server, "answer").count, 6u);
  bench.settle();
  EXPECT_EQ(read_all(*client), "answer");
  EXPECT_FALSE(client->broken().is_set());
  server->shutdown_write();
  bench.settle();
  EXPECT_TRUE(client->broken().is_set());
  EXPECT_TRUE(server->broken().is_set());
  Io last;
  EXPECT_EQ(read_all(*client, &last), "");
  EXPECT_EQ(last.state, Io::State::end);
}

TEST(SimNetwork, ClosingDeliversWhatWasWritten) {
  SimBench bench;
  auto [client, server] = bench.connect();
  write(*client, "farewell");
  client.reset();
  bench.settle();
  Io last;
  EXPECT_EQ(read_all(*server, &last), "farewell");
  EXPECT_EQ(last.state, Io::State::end);
  // Writing to one who is gone succeeds at first, then the reset comes.
  EXPECT_EQ(write(*server, "hello?").state, Io::State::done);
  bench.settle();
  EXPECT_TRUE(server->broken().is_set());
  EXPECT_EQ(write(*server, "hello?").state, Io::State::failed);
}

TEST(SimNetwork, ResetBreaksThePeer) {
  SimBench bench;
  auto [client, server] = bench.connect();
  client->reset();
  client.reset();
  bench.settle();
  EXPECT_TRUE(server->broken().is_set());
  EXPECT_TRUE(server->readable().is_set());
  EXPECT_TRUE(server->writable().is_set());
  char buffer[8];
  const Io read = server->read(buffer);
  EXPECT_EQ(read.state, Io::State::failed);
  EXPECT_EQ(read.code, Code::reset);
  EXPECT_EQ(write(*server, "x").code, Code::reset);
}

TEST(SimNetwork, ClosingWithUnreadBytesIsAReset) {
  SimBench bench;
  auto [client, server] = bench.connect();
  write(*client, "never read");
  bench.settle();
  server.reset();
  bench.settle();
  char buffer[8];
  EXPECT_EQ(client->read(buffer).state, Io::State::failed);
}

TEST(SimNetwork, AFullBufferHoldsTheWriterUntilTheReaderReads) {
  SimBench bench(1, {.buffer = 1000});
  auto [client, server] = bench.connect();
  EXPECT_EQ(write(*client, std::string(1500, 'a')).count, 1000u);
  EXPECT_FALSE(client->writable().is_set());
  EXPECT_EQ(write(*client, "b").state, Io::State::blocked);
  bench.settle();
  EXPECT_FALSE(client->writable().is_set());
  EXPECT_EQ(read_all(*server, nullptr, 100).size(), 1000u);
  EXPECT_FALSE(client->writable().is_set());  // the news travels
  bench.settle();
  EXPECT_TRUE(client->writable().is_set());
  EXPECT_EQ(write(*client, std::string(500, 'a')).count, 500u);
}

TEST(SimNetwork, AWriteThatExactlyFillsIsFollowedByBlocked) {
  SimBench bench(1, {.buffer = 1000});
  auto [client, server] = bench.connect();
  EXPECT_EQ(write(*client, std::string(1000, 'a')).count, 1000u);
  EXPECT_TRUE(client->writable().is_set());
  EXPECT_EQ(write(*client, "b").state, Io::State::blocked);
  bench.settle();
  read_all(*server);
  bench.settle();
  EXPECT_TRUE(client->writable().is_set());
}

TEST(SimNetwork, NobodyListeningRefuses) {
  SimBench bench;
  auto stream = bench.client.connect(Address(sim_host(2), 81)).value();
  bench.settle();
  EXPECT_EQ(stream->connected().state, Io::State::failed);
  EXPECT_EQ(stream->connected().code, Code::refused);
  EXPECT_TRUE(stream->broken().is_set());
  EXPECT_TRUE(stream->writable().is_set());
}

TEST(SimNetwork, AHostThatIsNotThereIsUnreachable) {
  SimBench bench;
  auto stream = bench.client.connect(Address(sim_host(99), 80)).value();
  bench.settle();
  EXPECT_EQ(stream->connected().code, Code::unreachable);
}

TEST(SimNetwork, AClosedListenerRefusesAndResetsWhoWaited) {
  SimBench bench;
  auto stream = bench.client.connect(bench.address).value();
  bench.settle();
  EXPECT_EQ(stream->connected().state, Io::State::done);
  bench.acceptor.reset();
  bench.settle();
  EXPECT_TRUE(stream->broken().is_set());
  auto late = bench.client.connect(bench.address).value();
  bench.settle();
  EXPECT_EQ(late->connected().code, Code::refused);
}

TEST(SimNetwork, ConnectionsThatTheClientDroppedAreNotOffered) {
  SimBench bench;
  bench.client.connect(bench.address).value().reset();
  bench.settle();
  EXPECT_EQ(bench.acceptor->accept().value(), nullptr);
  EXPECT_FALSE(bench.acceptor->acceptable().is_set());
}

TEST(SimNetwork, ListensAtItsOwnAddressesOnly) {
  SimBench bench;
  EXPECT_EQ(bench.client.listen(Address(sim_host(9), 80)).error().code, Code::invalid);
  EXPECT_EQ(bench.server.listen(Address(Ip(), 8080)).value()->local(), Address(sim_host(2), 8080));
  EXPECT_GE(bench.server.listen(Address(Ip(), 0)).value()->local().port(), 49152);
  EXPECT_TRUE(bench.server.listen(Address::unix_path("/run/a")));
  const Address loopback = Address::parse("127.0.0.1:7").value();
  auto first = bench.client.listen(loopback);
  EXPECT_TRUE(first);
  EXPECT_EQ(bench.server.listen(loopback).error().code, Code::address_in_use);
}

TEST(SimNetwork, NetworksOfOneHostShareAListener) {
  SimBench bench;
  SimNetwork second(bench.world, sim_host(2));
  auto other = second.listen(bench.address).value();
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 40; ++i) streams.push_back(bench.client.connect(bench.address).value());
  bench.settle();
  const auto drain = [](Acceptor& acceptor) {
    size_t count = 0;
    while (acceptor.accept().value()) ++count;
    return count;
  };
  const size_t at_first = drain(*bench.acceptor);
  const size_t at_second = drain(*other);
  EXPECT_EQ(at_first + at_second, 40u);
  EXPECT_GT(at_first, 5u);
  EXPECT_GT(at_second, 5u);
}

TEST(SimNetwork, UnixSocketsConnectLikeOthers) {
  SimBench bench;
  auto acceptor = bench.server.listen(Address::unix_path("/run/a")).value();
  auto client = bench.client.connect(Address::unix_path("/run/a")).value();
  bench.settle();
  EXPECT_EQ(client->connected().state, Io::State::done);
  EXPECT_TRUE(acceptor->accept().value());
}

}  // namespace
}  // namespace fairlead::net

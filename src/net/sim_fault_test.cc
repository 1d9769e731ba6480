// What each fault of a FaultPlan does to streams: seen from both ends.
#include "net/fault_plan.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "net/test_sim.h"

namespace fairlead::net {
namespace {

TEST(SimFaults, ShortReadsLoseNothing) {
  SimBench bench(3, {.short_read = 0.7});
  auto [client, server] = bench.connect();
  std::string sent;
  for (int i = 0; i < 300; ++i) sent += std::to_string(i) + ",";
  EXPECT_EQ(write(*client, sent).count, sent.size());
  client->shutdown_write();
  std::string got;
  int reads = 0;
  Io last;
  bench.wait([&] {
    if (server->readable().is_set()) ++reads;
    got += read_all(*server, &last, 300);
    return last.state == Io::State::end;
  });
  EXPECT_EQ(got, sent);
}

TEST(SimFaults, AShortReadIsFollowedByAnotherEdge) {
  SimBench bench(3, {.short_read = 1});
  auto [client, server] = bench.connect();
  write(*client, std::string(100, 'x'));
  bench.settle();
  size_t got = 0;
  int edges = 0;
  while (got < 100) {
    char buffer[1000];
    ASSERT_TRUE(server->readable().is_set());
    const Io io = server->read(buffer);
    ASSERT_EQ(io.state, Io::State::done);
    got += io.count;
    ++edges;
    ASSERT_FALSE(server->readable().is_set());
    bench.settle();
  }
  EXPECT_GT(edges, 1);
}

TEST(SimFaults, ShortWritesLoseNothing) {
  SimBench bench(4, {.buffer = 700, .short_write = 0.5});
  auto [client, server] = bench.connect();
  const std::string sent(5'000, 'y');
  size_t written = 0;
  std::string got;
  bench.wait([&] {
    while (written < sent.size()) {
      const Io io = client->write(std::span(sent).subspan(written));
      if (io.state != Io::State::done) break;
      written += io.count;
    }
    got += read_all(*server);
    return got.size() == sent.size();
  });
  EXPECT_EQ(got, sent);
}

TEST(SimFaults, RefusedConnectsFail) {
  SimBench bench(1, {.refuse = 1});
  auto stream = bench.client.connect(bench.address).value();
  bench.settle();
  EXPECT_EQ(stream->connected().code, Code::refused);
}

TEST(SimFaults, SilentConnectsNeverAnswer) {
  SimBench bench(1, {.silence = 1});
  auto stream = bench.client.connect(bench.address).value();
  bench.world.run_for(1h);
  EXPECT_EQ(stream->connected().state, Io::State::blocked);
  EXPECT_EQ(bench.acceptor->accept().value(), nullptr);
}

TEST(SimFaults, ExhaustionFailsAConnectAtOnceAndLeavesAcceptedOnesQueued) {
  SimBench bench;
  auto stream = bench.client.connect(bench.address).value();
  bench.settle();
  bench.world.set_plan(sim_host(2), {.exhausted = 1});
  EXPECT_EQ(bench.client.connect(bench.address).error().code, Code::exhausted);
  EXPECT_EQ(bench.acceptor->accept().error().code, Code::exhausted);
  EXPECT_TRUE(bench.acceptor->acceptable().is_set());
  bench.world.set_plan(sim_host(2), {});
  EXPECT_TRUE(bench.acceptor->accept().value());
}

TEST(SimFaults, ResetsStrikeInTheMiddle) {
  int broken = 0;
  int got_some = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SimBench bench(seed, {.reset = 1, .fault_within = 1'000});
    auto [client, server] = bench.connect();
    write(*client, std::string(2'000, 'z'));
    bench.settle();
    broken += client->broken().is_set() && server->broken().is_set();
    Io last;
    got_some += !read_all(*server, &last).empty();
    EXPECT_EQ(last.code, Code::reset);
  }
  EXPECT_EQ(broken, 20);
  EXPECT_EQ(got_some, 20);
}

TEST(SimFaults, AResetMayLoseWhatWasUnread) {
  SimBench bench(1, {.reset = 1, .fault_within = 1'000, .reset_loses = 1});
  auto [client, server] = bench.connect();
  write(*client, std::string(2'000, 'z'));
  bench.settle();
  EXPECT_EQ(read_all(*server), "");
}

TEST(SimFaults, ACutEndsOneDirectionEarly) {
  int short_ones = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SimBench bench(seed, {.cut = 1, .fault_within = 1'000});
    auto [client, server] = bench.connect();
    write(*client, std::string(2'000, 'a'));
    write(*server, std::string(2'000, 'b'));
    write(*client, "more");
    bench.settle();
    Io last_at_server, last_at_client;
    const size_t at_server = read_all(*server, &last_at_server).size();
    const size_t at_client = read_all(*client, &last_at_client).size();
    EXPECT_NE(last_at_server.state, last_at_client.state);  // one of them was cut
    short_ones += at_server < 1'000 || at_client < 1'000;
    EXPECT_TRUE(at_server == 2'004 || at_client == 2'000);
  }
  EXPECT_EQ(short_ones, 20);
}

TEST(SimFaults, DelaysKeepTheOrder) {
  SimBench bench(5, {.delay = 0.5});
  auto [client, server] = bench.connect();
  std::string sent;
  for (char c = 'a'; c <= 'z'; ++c) {
    write(*client, std::string(1, c));
    sent += c;
    bench.world.run_for(100ms);
  }
  bench.world.run_for(60s);
  EXPECT_EQ(read_all(*server), sent);
}

}  // namespace
}  // namespace fairlead::net

#include "net/sim_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "net/scope.h"

namespace fairlead::net {
namespace {

using Ended = SimWorld::Ended;

Ip host(uint8_t number) { return Ip::v4({10, 0, 0, number}); }

struct Pair {
  std::unique_ptr<Stream> client;
  std::unique_ptr<Stream> server;
};

// Two hosts, a listener on the second, and the connections between them.
struct Bench {
  explicit Bench(uint64_t seed = 1, const FaultPlan& plan = {}) : world(seed, plan) {}

  Pair connect() {
    Pair pair;
    pair.client = client.connect(address).value();
    // In order: whoever was accepted is the server of the connection that was begun.
    wait([&] {
      if (!pair.server) pair.server = acceptor->accept().value();
      return pair.server && pair.client->connected().state == Io::State::done;
    });
    return pair;
  }
  Ended wait(const std::function<bool()>& finished) {
    return world.run_until(finished, world.now() + 60s);
  }
  void settle() { world.run_for(10s); }

  SimWorld world;
  SimNetwork client{world, host(1)};
  SimNetwork server{world, host(2)};
  Address address = Address(host(2), 80);
  std::unique_ptr<Acceptor> acceptor = server.listen(address).value();
};

Io write(Stream& stream, std::string_view text) { return stream.write({text.data(), text.size()}); }

// All that can be read now; `last` is what stopped it.
std::string read_all(Stream& stream, Io* last = nullptr, size_t at_once = 4096) {
  std::string all;
  std::string buffer(at_once, '\0');
  while (true) {
    const Io io = stream.read(buffer);
    if (last) *last = io;
    if (io.state != Io::State::done) return all;
    all.append(buffer, 0, io.count);
  }
}

TEST(SimNetwork, ConnectsAfterALatency) {
  Bench bench;
  const Instant start = bench.world.now();
  auto client = bench.client.connect(bench.address).value();
  EXPECT_EQ(client->connected().state, Io::State::blocked);
  char buffer[1];
  EXPECT_EQ(client->read(buffer).state, Io::State::blocked);
  EXPECT_EQ(bench.wait([&] { return client->connected().state == Io::State::done; }),
            Ended::finished);
  EXPECT_GE(bench.world.now() - start, 100us);  // there and back
  EXPECT_LE(bench.world.now() - start, 1ms);
  EXPECT_TRUE(client->writable().is_set());
  EXPECT_FALSE(client->readable().is_set());
}

TEST(SimNetwork, BothEndsKnowEachOther) {
  Bench bench;
  auto [client, server] = bench.connect();
  EXPECT_EQ(client->peer(), bench.address);
  EXPECT_EQ(client->local().ip(), host(1));
  EXPECT_EQ(server->local(), bench.address);
  EXPECT_EQ(server->peer(), client->local());
  EXPECT_EQ(client->descriptor(), -1);
}

TEST(SimNetwork, BytesArriveInOrderBothWays) {
  Bench bench;
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
  Bench bench;
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
  Bench bench;
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
  Bench bench;
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
  Bench bench;
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
  Bench bench;
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
  Bench bench;
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
  Bench bench;
  auto [client, server] = bench.connect();
  write(*client, "never read");
  bench.settle();
  server.reset();
  bench.settle();
  char buffer[8];
  EXPECT_EQ(client->read(buffer).state, Io::State::failed);
}

TEST(SimNetwork, AFullBufferHoldsTheWriterUntilTheReaderReads) {
  Bench bench(1, {.buffer = 1000});
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
  Bench bench(1, {.buffer = 1000});
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
  Bench bench;
  auto stream = bench.client.connect(Address(host(2), 81)).value();
  bench.settle();
  EXPECT_EQ(stream->connected().state, Io::State::failed);
  EXPECT_EQ(stream->connected().code, Code::refused);
  EXPECT_TRUE(stream->broken().is_set());
  EXPECT_TRUE(stream->writable().is_set());
}

TEST(SimNetwork, AHostThatIsNotThereIsUnreachable) {
  Bench bench;
  auto stream = bench.client.connect(Address(host(99), 80)).value();
  bench.settle();
  EXPECT_EQ(stream->connected().code, Code::unreachable);
}

TEST(SimNetwork, AClosedListenerRefusesAndResetsWhoWaited) {
  Bench bench;
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
  Bench bench;
  bench.client.connect(bench.address).value().reset();
  bench.settle();
  EXPECT_EQ(bench.acceptor->accept().value(), nullptr);
  EXPECT_FALSE(bench.acceptor->acceptable().is_set());
}

TEST(SimNetwork, ListensAtItsOwnAddressesOnly) {
  Bench bench;
  EXPECT_EQ(bench.client.listen(Address(host(9), 80)).error().code, Code::invalid);
  EXPECT_EQ(bench.server.listen(Address(Ip(), 8080)).value()->local(), Address(host(2), 8080));
  EXPECT_GE(bench.server.listen(Address(Ip(), 0)).value()->local().port(), 49152);
  EXPECT_TRUE(bench.server.listen(Address::unix_path("/run/a")));
  const Address loopback = Address::parse("127.0.0.1:7").value();
  auto first = bench.client.listen(loopback);
  EXPECT_TRUE(first);
  EXPECT_EQ(bench.server.listen(loopback).error().code, Code::address_in_use);
}

TEST(SimNetwork, NetworksOfOneHostShareAListener) {
  Bench bench;
  SimNetwork second(bench.world, host(2));
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
  Bench bench;
  auto acceptor = bench.server.listen(Address::unix_path("/run/a")).value();
  auto client = bench.client.connect(Address::unix_path("/run/a")).value();
  bench.settle();
  EXPECT_EQ(client->connected().state, Io::State::done);
  EXPECT_TRUE(acceptor->accept().value());
}

// ---- the clock ---------------------------------------------------------------------------------

TEST(SimWorld, JumpsToTheNextAlarm) {
  Bench bench;
  Scope scope;
  std::vector<Duration> rang;
  const Instant start = bench.world.now();
  scope.spawn([](SimNetwork& network, std::vector<Duration>& r, Instant s) -> Task<void> {
    Alarm alarm(network.wheel());
    for (const Duration span : {Duration(1s), Duration(1h), Duration(100ms)}) {
      co_await sleep_until(alarm, network.now() + span);
      r.push_back(network.now() - s);
    }
  }(bench.client, rang, start));
  EXPECT_EQ(bench.world.run_until_idle(kNever), Ended::idle);
  ASSERT_EQ(rang.size(), 3u);
  EXPECT_GE(rang[0], 1s);
  EXPECT_GE(rang[1], 1h + 1s);
  EXPECT_LE(rang[2], 1h + 1100ms + 3 * AlarmWheel::kTick);
}

TEST(SimWorld, StopsAtTheDeadline) {
  Bench bench;
  const Instant start = bench.world.now();
  Scope scope;
  scope.spawn([](SimNetwork& network) -> Task<void> {
    Alarm alarm(network.wheel());
    while (true) co_await sleep_until(alarm, network.now() + 1s);
  }(bench.client));
  EXPECT_EQ(bench.world.run_until_idle(start + 90s), Ended::late);
  EXPECT_EQ(bench.world.now(), start + 90s);
  EXPECT_EQ(
      bench.world.wall_now() - WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)),
      90s);
}

TEST(SimWorld, SaysWhenItIsDead) {
  Bench bench;
  Event never;
  Scope scope;
  scope.spawn([](SimNetwork& network, Event& event) -> Task<void> {
    Alarm alarm(network.wheel());
    co_await wait_for(alarm, kNever, event);
  }(bench.client, never));
  EXPECT_EQ(bench.wait([] { return false; }), Ended::idle);
}

TEST(SimWorld, SaysWhenSomebodyWakesHimselfForEver) {
  Bench bench;
  Event event;
  Scope scope;
  scope.spawn([](SimNetwork& network, Event& e) -> Task<void> {
    Alarm alarm(network.wheel());
    while (true) {
      co_await wait_for(alarm, kNever, e);
      e.clear();
      network.post([&network, &e] { e.set(network.ready()); });
    }
  }(bench.client, event));
  event.set(bench.client.ready());
  EXPECT_EQ(bench.wait([] { return false; }), Ended::spinning);
}

TEST(SimWorld, PostedWorkRunsInTheNextTurnOfItsNetwork) {
  Bench bench;
  std::vector<int> order;
  bench.client.post([&] {
    order.push_back(1);
    bench.server.post([&] { order.push_back(2); });
    bench.client.post([&] { order.push_back(3); });
  });
  EXPECT_TRUE(order.empty());
  EXPECT_EQ(bench.world.run_until_idle(kNever), Ended::idle);
  ASSERT_EQ(order.size(), 3u);
  EXPECT_EQ(order[0], 1);
}

TEST(SimWorld, RunOfANetworkRunsAllUntilItStops) {
  Bench bench;
  bool other_ran = false;
  bench.server.post([&] {
    other_ran = true;
    bench.client.post([&] { bench.client.stop(); });
  });
  bench.client.run();
  EXPECT_TRUE(other_ran);
  EXPECT_TRUE(bench.client.is_stopped());
  bool after = false;
  bench.client.post([&] { after = true; });
  bench.settle();
  EXPECT_FALSE(after);  // it turns no more
}

// ---- faults ------------------------------------------------------------------------------------

TEST(SimFaults, ShortReadsLoseNothing) {
  Bench bench(3, {.short_read = 0.7});
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
  Bench bench(3, {.short_read = 1});
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
  Bench bench(4, {.buffer = 700, .short_write = 0.5});
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
  Bench bench(1, {.refuse = 1});
  auto stream = bench.client.connect(bench.address).value();
  bench.settle();
  EXPECT_EQ(stream->connected().code, Code::refused);
}

TEST(SimFaults, SilentConnectsNeverAnswer) {
  Bench bench(1, {.silence = 1});
  auto stream = bench.client.connect(bench.address).value();
  bench.world.run_for(1h);
  EXPECT_EQ(stream->connected().state, Io::State::blocked);
  EXPECT_EQ(bench.acceptor->accept().value(), nullptr);
}

TEST(SimFaults, ExhaustionFailsAConnectAtOnceAndLeavesAcceptedOnesQueued) {
  Bench bench;
  auto stream = bench.client.connect(bench.address).value();
  bench.settle();
  bench.world.set_plan(host(2), {.exhausted = 1});
  EXPECT_EQ(bench.client.connect(bench.address).error().code, Code::exhausted);
  EXPECT_EQ(bench.acceptor->accept().error().code, Code::exhausted);
  EXPECT_TRUE(bench.acceptor->acceptable().is_set());
  bench.world.set_plan(host(2), {});
  EXPECT_TRUE(bench.acceptor->accept().value());
}

TEST(SimFaults, ResetsStrikeInTheMiddle) {
  int broken = 0;
  int got_some = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Bench bench(seed, {.reset = 1, .fault_within = 1'000});
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
  Bench bench(1, {.reset = 1, .fault_within = 1'000, .reset_loses = 1});
  auto [client, server] = bench.connect();
  write(*client, std::string(2'000, 'z'));
  bench.settle();
  EXPECT_EQ(read_all(*server), "");
}

TEST(SimFaults, ACutEndsOneDirectionEarly) {
  int short_ones = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Bench bench(seed, {.cut = 1, .fault_within = 1'000});
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
  Bench bench(5, {.delay = 0.5});
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

// ---- determinism, and everything at once
// ---------------------------------------------------------

// Serves whoever comes: sends back what it gets, with all the waiting that this needs.
Task<void> echo(SimNetwork& network, std::unique_ptr<Stream> stream) {
  Alarm alarm(network.wheel());
  std::string pending;
  char buffer[900];
  while (true) {
    const Io read = stream->read(buffer);
    if (read.state == Io::State::end || read.state == Io::State::failed) co_return;
    if (read.state == Io::State::blocked) {
      if (co_await wait_for(alarm, network.now() + 30s, stream->readable()) == Woke::deadline)
        co_return;
      continue;
    }
    pending.assign(buffer, read.count);
    while (!pending.empty()) {
      const Io io = stream->write(pending);
      if (io.state == Io::State::failed) co_return;
      if (io.state == Io::State::done) pending.erase(0, io.count);
      if (io.state == Io::State::blocked &&
          co_await wait_for(alarm, network.now() + 30s, stream->writable()) == Woke::deadline) {
        co_return;
      }
    }
  }
}

Task<void> serve(SimNetwork& network, Acceptor& acceptor, Scope& scope) {
  Alarm alarm(network.wheel());
  while (true) {
    auto stream = acceptor.accept();
    if (!stream) {
      co_await sleep_until(alarm, network.now() + 100ms);
    } else if (*stream) {
      scope.spawn(echo(network, std::move(*stream)));
    } else {
      co_await wait_for(alarm, kNever, acceptor.acceptable());
    }
  }
}

struct Tally {
  int whole = 0;
  int failed = 0;
  int wrong = 0;
};

// Sends `size` bytes and counts how they come back.
Task<void> ask(SimNetwork& network, Address address, size_t size, Tally& tally) {
  Alarm alarm(network.wheel());
  const Instant deadline = network.now() + 30s;
  std::string sent;
  for (size_t i = 0; i < size; ++i) sent += static_cast<char>('a' + (i * 7 + size) % 26);
  auto connected = network.connect(address);
  ++tally.failed;  // until better is known
  if (!connected) co_return;
  Stream& stream = **connected;
  while (stream.connected().state == Io::State::blocked) {
    if (co_await wait_for(alarm, deadline, stream.writable()) == Woke::deadline) co_return;
  }
  if (stream.connected().state == Io::State::failed) co_return;
  size_t written = 0;
  std::string got;
  char buffer[1'000];
  while (got.size() < size) {
    if (written < size) {
      const Io io = stream.write(std::span(sent).subspan(written));
      if (io.state == Io::State::failed) co_return;
      written += io.count;
    }
    const Io io = stream.read(buffer);
    if (io.state == Io::State::end || io.state == Io::State::failed) co_return;
    got.append(buffer, io.count);
    if (io.state == Io::State::done || (written < size && stream.writable().is_set())) continue;
    Event* writable = written < size ? &stream.writable() : nullptr;
    const std::array<Event*, 2> events = {&stream.readable(), writable};
    if (co_await wait_for_any(alarm, deadline, events) == Woke::deadline) co_return;
  }
  --tally.failed;
  ++(got == sent ? tally.whole : tally.wrong);
}

struct Story {
  Tally tally;
  uint64_t hash;
  uint64_t events;
  Ended ended;
  bool clients_done;
};

Story tell(uint64_t seed, const FaultPlan& plan) {
  Story story{};
  SimWorld world(seed, plan);
  SimNetwork client(world, host(1));
  SimNetwork server(world, host(2));
  const Address address(host(2), 7);
  auto acceptor = server.listen(address).value();
  Scope connections, server_tasks, clients;
  server_tasks.spawn(serve(server, *acceptor, connections));
  for (size_t i = 0; i < 100; ++i) {
    clients.spawn(ask(client, address, 1 + world.random().below(20'000), story.tally));
  }
  story.ended = world.run_until_idle(world.now() + 1h);
  story.hash = world.trace().hash();
  story.events = world.trace().events();
  story.clients_done = clients.empty() && connections.empty();
  return story;
}

TEST(SimStory, InAGoodNetworkEveryByteComesBack) {
  const Story story = tell(1, {.buffer = 3'000});
  EXPECT_EQ(story.tally.whole, 100);
  EXPECT_EQ(story.ended, Ended::idle);
  EXPECT_TRUE(story.clients_done);
}

TEST(SimStory, InABadNetworkNothingIsWrongAndEverythingEnds) {
  const FaultPlan bad = {.buffer = 3'000,
                         .delay = 0.02,
                         .short_read = 0.2,
                         .short_write = 0.2,
                         .refuse = 0.05,
                         .silence = 0.05,
                         .exhausted = 0.02,
                         .reset = 0.1,
                         .cut = 0.1,
                         .fault_within = 20'000,
                         .reset_loses = 0.5};
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Story story = tell(seed, bad);
    EXPECT_EQ(story.tally.wrong, 0) << seed;
    EXPECT_GT(story.tally.whole, 30) << seed;
    EXPECT_GT(story.tally.failed, 5) << seed;
    EXPECT_EQ(story.tally.whole + story.tally.failed, 100) << seed;
    EXPECT_EQ(story.ended, Ended::idle) << seed;
    EXPECT_TRUE(story.clients_done) << seed;
  }
}

TEST(SimStory, TheSameSeedGivesTheSameTrace) {
  const FaultPlan bad = {.buffer = 3'000, .delay = 0.02, .short_read = 0.3, .reset = 0.2};
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const Story first = tell(seed, bad);
    const Story second = tell(seed, bad);
    EXPECT_EQ(first.hash, second.hash);
    EXPECT_EQ(first.events, second.events);
    EXPECT_EQ(first.tally.whole, second.tally.whole);
  }
  EXPECT_NE(tell(1, bad).hash, tell(2, bad).hash);
}

}  // namespace
}  // namespace fairlead::net

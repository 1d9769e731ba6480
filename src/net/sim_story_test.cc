// Many clients, an echo server and all faults at once: nothing is lost, nothing hangs, same seed
// same trace.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "net/scope.h"
#include "net/test_sim.h"

namespace fairlead::net {
namespace {

using Ended = SimWorld::Ended;

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
  SimNetwork client(world, sim_host(1));
  SimNetwork server(world, sim_host(2));
  const Address address(sim_host(2), 7);
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

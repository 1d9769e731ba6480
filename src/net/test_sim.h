// Two simulated hosts, a listener, and what the tests of the simulated network do with them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/sim_network.h"

namespace fairlead::net {

inline Ip sim_host(uint8_t number) { return Ip::v4({10, 0, 0, number}); }

struct SimPair {
  std::unique_ptr<Stream> client;
  std::unique_ptr<Stream> server;
};

// Two hosts, a listener on the second, and the connections between them.
struct SimBench {
  explicit SimBench(uint64_t seed = 1, const FaultPlan& plan = {}) : world(seed, plan) {}

  SimPair connect() {
    SimPair pair;
    pair.client = client.connect(address).value();
    // In order: whoever was accepted is the server of the connection that was begun.
    wait([&] {
      if (!pair.server) pair.server = acceptor->accept().value();
      return pair.server && pair.client->connected().state == Io::State::done;
    });
    return pair;
  }
  SimWorld::Ended wait(const std::function<bool()>& finished) {
    return world.run_until(finished, world.now() + 60s);
  }
  void settle() { world.run_for(10s); }

  SimWorld world;
  SimNetwork client{world, sim_host(1)};
  SimNetwork server{world, sim_host(2)};
  Address address = Address(sim_host(2), 80);
  std::unique_ptr<Acceptor> acceptor = server.listen(address).value();
};

inline Io write(Stream& stream, std::string_view text) {
  return stream.write({text.data(), text.size()});
}

// All that can be read now; `last` is what stopped it.
inline std::string read_all(Stream& stream, Io* last = nullptr, size_t at_once = 4096) {
  std::string all;
  std::string buffer(at_once, '\0');
  while (true) {
    const Io io = stream.read(buffer);
    if (last) *last = io;
    if (io.state != Io::State::done) return all;
    all.append(buffer, 0, io.count);
  }
}

}  // namespace fairlead::net

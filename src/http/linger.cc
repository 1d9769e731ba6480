#include "http/linger.h"

#include "net/block.h"

namespace fairlead::http {
namespace {

constexpr Duration kPatience = 2s;
constexpr uint64_t kMostRead = 1024 * 1024;

}  // namespace

net::Task<void> linger(net::Network& network, net::Alarm& alarm, net::Stream& stream) {
  using net::Io;
  stream.shutdown_write();
  const Instant deadline = network.now() + kPatience;
  const net::Block block = net::Block::take(net::kSmallBlock);
  uint64_t total = 0;
  while (total < kMostRead) {
    const Io io = stream.read({block.data(), block.capacity()});
    if (io.state == Io::State::end || io.state == Io::State::failed) co_return;
    total += io.count;
    if (io.state == Io::State::done) continue;
    if (co_await net::wait_for(alarm, deadline, stream.readable()) == net::Woke::deadline) co_return;
  }
}

}  // namespace fairlead::http

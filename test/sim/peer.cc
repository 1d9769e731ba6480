#include "sim/peer.h"

namespace fairlead::sim {

using net::Io;
using net::Woke;

net::Task<Got> Talk::read(std::string& into, size_t most) {
  const Instant deadline = network_.now() + kPatience;
  std::string buffer(most, '\0');
  while (true) {
    const Io io = stream_->read(buffer);
    if (io.state == Io::State::end) co_return Got::end;
    if (io.state == Io::State::failed) co_return Got::failed;
    if (io.state == Io::State::done) {
      into.append(buffer, 0, io.count);
      co_return Got::bytes;
    }
    if (co_await net::wait_for(alarm_, deadline, stream_->readable()) == Woke::deadline)
      co_return Got::late;
  }
}

net::Task<Got> Talk::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const Io io = stream_->write(bytes);
    if (io.state == Io::State::failed) co_return Got::failed;
    if (io.state == Io::State::done) {
      bytes.remove_prefix(io.count);
      continue;
    }
    const Instant deadline = network_.now() + kPatience;
    if (co_await net::wait_for(alarm_, deadline, stream_->writable()) == Woke::deadline)
      co_return Got::late;
  }
  co_return Got::bytes;
}

net::Task<void> Talk::sleep(Duration span) {
  co_await net::sleep_until(alarm_, network_.now() + span);
}

net::Task<std::unique_ptr<net::Stream>> connect(net::Network& network, Address address) {
  auto stream = network.connect(address);
  if (!stream) co_return nullptr;
  net::Alarm alarm(network.wheel());
  const Instant deadline = network.now() + Talk::kPatience;
  while (true) {
    const Io io = (*stream)->connected();
    if (io.state == Io::State::done) co_return std::move(*stream);
    if (io.state == Io::State::failed) co_return nullptr;
    const Woke woke = co_await net::wait_for(alarm, deadline, (*stream)->writable());
    if (woke == Woke::deadline) co_return nullptr;
  }
}

}  // namespace fairlead::sim

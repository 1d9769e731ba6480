#include "sim/echo.h"

#include <fmt/format.h>

#include "sim/http_talk.h"

namespace fairlead::sim {

using net::Io;

Echo::Echo(net::SimWorld& world, const Address& address)
    : network_(world, address.ip()), address_(address) {
  listening_.spawn(listen());
}

Echo::~Echo() {
  listening_.cancel_all();
  connections_.cancel_all();
}

net::Task<void> Echo::listen() {
  auto acceptor = network_.listen(address_).value();
  net::Alarm alarm(network_.wheel());
  while (true) {
    co_await net::wait_for(alarm, kNever, acceptor->acceptable());
    auto stream = acceptor->accept();
    if (!stream)
      co_await net::sleep_until(alarm, network_.now() + 50ms);
    else if (*stream)
      connections_.spawn(serve(std::move(*stream)));
  }
}

net::Task<void> Echo::serve(std::unique_ptr<net::Stream> stream) {
  Talk talk(network_, std::move(stream));
  std::string bytes;
  while (true) {
    const Got got = co_await talk.read(bytes);
    if (got == Got::end) co_return;
    if (got != Got::bytes || co_await talk.write(bytes) != Got::bytes) {
      talk.stream().reset();
      co_return;
    }
    bytes.clear();
  }
}

namespace {

struct Exchange {
  std::string got;
  bool ended = false;  // in order
};

net::Task<Exchange> send_and_read(Talk& talk, const std::string& sent) {
  Exchange exchange;
  size_t written = 0;
  std::string buffer(5'000, '\0');
  while (true) {
    bool moved = false;
    if (written < sent.size()) {
      const Io io = talk.stream().write(std::string_view(sent).substr(written));
      if (io.state == Io::State::failed) co_return exchange;
      written += io.count;
      moved = io.state == Io::State::done;
      if (written == sent.size()) talk.stream().shutdown_write();
    }
    const Io io = talk.stream().read(buffer);
    exchange.got.append(buffer, 0, io.count);
    exchange.ended = io.state == Io::State::end;
    if (exchange.ended || io.state == Io::State::failed) co_return exchange;
    if (moved || io.state == Io::State::done) continue;
    const std::array<net::Event*, 2> events = {
        &talk.stream().readable(), written < sent.size() ? &talk.stream().writable() : nullptr};
    const Instant deadline = talk.network().now() + 10min;
    if (co_await net::wait_for_any(talk.alarm(), deadline, events) == net::Woke::deadline)
      co_return exchange;
  }
}

}  // namespace

net::Task<void> use_echo(net::Network& network, Address proxy, std::string id, size_t size,
                         bool expects_all, bool may_be_cut, Ledger& ledger) {
  auto stream = co_await connect(network, proxy);
  if (!stream) {
    ++ledger.not_connected;
    if (expects_all) ledger.violated(id + " could not connect");
    co_return;
  }
  Talk talk(network, std::move(stream));
  const std::string sent = pattern(id, size);
  const Exchange exchange = co_await send_and_read(talk, sent);
  const bool is_whole = exchange.got == sent;
  ++(is_whole && exchange.ended ? ledger.echoed : ledger.echo_broken);
  if (!sent.starts_with(exchange.got)) ledger.violated(id + " got bytes that it had not sent");
  if (!is_whole && exchange.ended && !may_be_cut) {
    ledger.violated(fmt::format("{} got {} of {} bytes as whole", id, exchange.got.size(), size));
  }
  if (expects_all && !(is_whole && exchange.ended)) ledger.violated(id + " was broken off");
}

}  // namespace fairlead::sim

#include "sim/origin.h"

#include <fmt/format.h>

namespace fairlead::sim {

Origin::Origin(net::SimWorld& world, const Address& address, const OriginHabits& habits,
               Ledger& ledger)
    : world_(world),
      network_(world, address.ip()),
      address_(address),
      habits_(habits),
      ledger_(ledger) {
  listening_.spawn(listen());
}

Origin::~Origin() {
  listening_.cancel_all();
  connections_.cancel_all();
}

net::Task<void> Origin::listen() {
  net::Alarm alarm(network_.wheel());
  while (true) {
    const Duration up =
        habits_.flaps ? 1s + Duration(world_.random().below(8'000) * 1'000'000ll) : Duration::max();
    co_await accept_for(saturating_add(network_.now(), up));
    // Crashed, or only restarting its listener. Who tells lengths by closing must not crash in
    // order.
    if (world_.random().below(2) && !habits_.ends_by_closing) connections_.cancel_all();
    co_await net::sleep_until(
        alarm, network_.now() + Duration(world_.random().below(6'000) * 1'000'000ll));
  }
}

net::Task<void> Origin::accept_for(Instant until) {
  auto acceptor = network_.listen(address_);
  if (!acceptor) {
    ledger_.violated("an origin cannot listen: " + acceptor.error().detail);
    co_return;
  }
  net::Alarm alarm(network_.wheel());
  while (true) {
    auto stream = (*acceptor)->accept();
    if (stream && *stream) {
      connections_.spawn(serve(std::move(*stream)));
      continue;
    }
    const net::Woke woke = co_await net::wait_for(alarm, until, (*acceptor)->acceptable());
    if (woke == net::Woke::deadline) co_return;
    if (!stream) co_await net::sleep_until(alarm, network_.now() + 50ms);
  }
}

void Origin::note_head(const Message& request) {
  const std::string id = request.field("x-id");
  ledger_.arrivals.push_back({network_.now(), address_, id});
  if (request.method() == "POST" && ++ledger_.posts[id] > 1)
    ledger_.violated("POST " + id + " was sent on twice");
}

void Origin::check(const Message& request) {
  const std::string id = request.field("x-id");
  const size_t size = std::strtoul(request.field("x-size").c_str(), nullptr, 10);
  if (request.body != pattern(id, size)) {
    ledger_.violated(fmt::format("request {} came as whole with {} of {} bytes, or with wrong ones",
                                 id, request.body.size(), size));
  }
}

net::Task<void> Origin::serve(std::unique_ptr<net::Stream> stream) {
  Talk talk(network_, std::move(stream));
  MessageReader reader(MessageReader::Kind::request);
  std::string bytes;
  while (true) {
    switch (reader.next()) {
      case MessageReader::State::nonsense:
        ledger_.violated("an origin was sent nonsense: " + std::string(reader.problem()));
        co_return;
      case MessageReader::State::head:
        note_head(reader.message());
        if (!world_.strikes(habits_.deaf)) continue;
        talk.stream().reset();
        co_return;
      case MessageReader::State::complete:
        check(reader.message());
        if (!co_await answer(talk, reader.message())) co_return;
        continue;
      case MessageReader::State::more: break;
    }
    if (habits_.forgets_idle && !reader.is_inside()) {
      const Instant until = network_.now() + Duration(world_.random().below(6'000) * 1'000'000ll);
      if (co_await net::wait_for(talk.alarm(), until, talk.stream().readable()) ==
          net::Woke::deadline)
        co_return;
    }
    const Got got = co_await talk.read(bytes);
    if (got == Got::late && !reader.is_inside()) continue;  // idle, as it may be
    if (got != Got::bytes) co_return;
    reader.feed(bytes);
    bytes.clear();
  }
}

// False: the connection ends here.
net::Task<bool> Origin::answer(Talk& talk, const Message& request) {
  const std::string id = request.field("x-id");
  const std::string body =
      pattern("r" + id, std::strtoul(request.field("x-want").c_str(), nullptr, 10));
  const bool is_head = request.method() == "HEAD";
  const bool truncates = world_.strikes(habits_.truncates);
  if (world_.strikes(habits_.slow))
    co_await talk.sleep(Duration(world_.random().below(8'000) * 1'000'000ll));
  std::string bytes;
  if (world_.random().below(8) == 0) bytes = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n";
  bytes += fmt::format("HTTP/1.1 200 OK\r\nx-id: {}\r\nx-backend: {}\r\n", id, address_.text());
  const uint32_t framing = world_.random().below(habits_.ends_by_closing ? 3 : 2);
  if (framing == 0) {
    bytes += fmt::format("content-length: {}\r\n\r\n", body.size()) + (is_head ? "" : body);
  } else if (framing == 1) {
    bytes += "transfer-encoding: chunked\r\n\r\n" +
             (is_head ? "" : in_chunks(body, 1 + world_.random().below(5'000)));
  } else {
    bytes += "connection: close\r\n\r\n" + (is_head ? "" : body);
  }
  if (truncates) {
    bytes.resize(world_.random().below(static_cast<uint32_t>(bytes.size())));
    // Where only the end tells the length, an early end in order would be the truth.
    if (framing == 2 || world_.random().below(2)) talk.stream().reset();
  }
  const Got wrote = co_await talk.write(bytes);
  if (wrote != Got::bytes) talk.stream().reset();
  co_return wrote == Got::bytes && !truncates && framing != 2 && !world_.strikes(habits_.closes);
}

}  // namespace fairlead::sim

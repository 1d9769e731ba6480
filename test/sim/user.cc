#include "sim/user.h"

#include <fmt/format.h>

namespace fairlead::sim {

using net::Io;

net::Task<void> User::run() {
  net::Alarm alarm(network_.wheel());
  for (uint32_t i = 0; i < habits_.connections; ++i) {
    co_await net::sleep_until(
        alarm, network_.now() + Duration(world_.random().below(4'000) * 1'000'000ll));
    auto stream = co_await connect(network_, proxy_);
    if (stream) {
      Talk talk(network_, std::move(stream));
      co_await visit(talk);
    } else {
      ++ledger_.not_connected;
      if (habits_.expects_all) ledger_.violated(name_ + " could not connect");
    }
  }
}

std::vector<User::Ask> User::draw_batch() {
  Random& random = world_.random();
  const auto next_id = [this] { return fmt::format("{}-{}", name_, ++asked_); };
  const auto want = [&random] { return random.below(random.below(4) ? 2'000 : 150'000); };
  if (random.below(3) == 0)
    return {{next_id(), "POST", random.below(random.below(3) ? 3'000 : 200'000), want()}};
  std::vector<Ask> batch;
  const uint32_t count = 1 + random.below(3);  // pipelined
  for (uint32_t i = 0; i < count; ++i)
    batch.push_back({next_id(), random.below(6) ? "GET" : "HEAD", 0, want()});
  return batch;
}

std::string User::bytes_of(const Ask& ask) {
  std::string bytes = fmt::format(
      "{} /{} HTTP/1.1\r\nHost: sim.example\r\nX-Id: {}\r\nX-Size: {}\r\nX-Want: {}\r\n",
      ask.method, ask.id, ask.id, ask.size, ask.want);
  if (ask.method != "POST") return bytes + "\r\n";
  const std::string body = pattern(ask.id, ask.size);
  if (world_.random().below(2))
    return bytes + fmt::format("Content-Length: {}\r\n\r\n", ask.size) + body;
  return bytes + "Transfer-Encoding: chunked\r\n\r\n" +
         in_chunks(body, 1 + world_.random().below(9'000));
}

net::Task<bool> User::visit(Talk& talk) {
  MessageReader reader(MessageReader::Kind::response);
  const uint32_t batches = 1 + world_.random().below(5);
  for (uint32_t i = 0; i < batches; ++i) {
    std::vector<Ask> asks = draw_batch();
    std::string bytes;
    for (const Ask& ask : asks) bytes += bytes_of(ask);
    if (!co_await converse(talk, reader, std::move(bytes), std::move(asks))) co_return false;
    co_await talk.sleep(Duration(world_.random().below(1'500) * 1'000'000ll));
  }
  co_return true;
}

// Both directions at once: an answer may come before the request has gone out.
net::Task<bool> User::converse(Talk& talk, MessageReader& reader, std::string bytes,
                               std::vector<Ask> asks) {
  std::deque<Ask> waiting(asks.begin(), asks.end());
  const bool vanishes = world_.strikes(habits_.vanishes);
  const size_t enough =
      vanishes ? world_.random().below(static_cast<uint32_t>(bytes.size())) : bytes.size();
  std::string buffer(habits_.reads_slowly ? 3'000 : 16'000, '\0');
  size_t written = 0;
  while (!waiting.empty()) {
    bool moved = false;
    if (written < enough) {
      const Io io = talk.stream().write(std::string_view(bytes).substr(written, enough - written));
      if (io.state == Io::State::failed)
        written = bytes.size();  // what was answered can still be read
      written += io.count;
      moved = io.state == Io::State::done;
    }
    if (vanishes && written >= enough) co_return false;
    const Io io = talk.stream().read(buffer);
    reader.feed(std::string_view(buffer).substr(0, io.count));
    if (!take_answers(reader, waiting)) co_return false;
    if (io.state == Io::State::end || io.state == Io::State::failed) {
      if (!waiting.empty()) give_up(reader, waiting, io.state == Io::State::end ? "end" : "reset");
      co_return false;
    }
    if (habits_.reads_slowly) co_await talk.sleep(20ms);
    if (moved || io.state == Io::State::done || waiting.empty()) continue;
    const std::array<net::Event*, 2> events = {
        &talk.stream().readable(), written < enough ? &talk.stream().writable() : nullptr};
    const Instant deadline = network_.now() + Talk::kPatience;
    if (co_await net::wait_for_any(talk.alarm(), deadline, events) == net::Woke::deadline) {
      ledger_.violated(fmt::format("{} waited {} s for nothing", waiting.front().id,
                                   to_seconds(Talk::kPatience)));
      co_return false;
    }
  }
  co_return true;
}

bool User::take_answers(MessageReader& reader, std::deque<Ask>& waiting) {
  while (true) {
    switch (reader.next(!waiting.empty() && waiting.front().method == "HEAD")) {
      case MessageReader::State::more: return true;
      case MessageReader::State::head: break;
      case MessageReader::State::nonsense:
        ledger_.violated(name_ + " was sent nonsense: " + std::string(reader.problem()));
        return false;
      case MessageReader::State::complete:
        if (reader.message().status() < 200) break;
        if (waiting.empty()) {
          ledger_.violated(name_ +
                           " got an answer that it had not asked for: " + reader.message().start);
          return false;
        }
        check(reader.message(), waiting.front());
        waiting.pop_front();
        if (reader.message().field("connection") != "close") break;
        ledger_.unanswered += waiting.size();
        return false;
    }
  }
}

void User::check(const Message& response, const Ask& ask) {
  const int status = response.status();
  if (status == 200) {
    const std::string body = ask.method == "HEAD" ? "" : pattern("r" + ask.id, ask.want);
    if (response.field("x-id") != ask.id) {
      ledger_.violated(fmt::format("{} got the answer to {}", ask.id, response.field("x-id")));
    } else if (response.body != body) {
      ledger_.violated(fmt::format("{} got {} bytes as whole, due were {}", ask.id,
                                   response.body.size(), body.size()));
    }
    ++ledger_.answered;
    return;
  }
  ++ledger_.refused[status];
  const bool may_be = status == 502 || status == 503 || status == 504 || status == 408 ||
                      (status == 400 && habits_.is_cut && ask.method == "POST");
  if (habits_.expects_all || !may_be)
    ledger_.violated(fmt::format("{} was answered with {}", ask.id, response.start));
}

void User::give_up(const MessageReader& reader, const std::deque<Ask>& waiting,
                   std::string_view why) {
  ++(reader.is_inside() ? ledger_.broken_off : ledger_.unanswered);
  if (habits_.expects_all)
    ledger_.violated(fmt::format("{} was not answered: {}", waiting.front().id, why));
}

}  // namespace fairlead::sim

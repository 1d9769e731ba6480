#include "http/h1_connection.h"

namespace fairlead::http {

using net::Io;
using net::Woke;

namespace {

// An idle connection of a draining instance: long enough for a request that is on its way, short
// enough that nobody waits for the stop.
constexpr Duration kDrainPatience = 1s;

// Behind our last byte we read over what the client still sends, or its kernel would answer the
// reset with throwing our answer away (RFC 9112 9.6). Bounded in time and bytes.
constexpr Duration kLingerPatience = 2s;
constexpr uint64_t kMostLingered = 1024 * 1024;

}  // namespace

net::Task<void> H1Connection::run() {
  while (co_await wait_for_request()) {
    if (!co_await serve_one()) co_return;
    is_first_ = false;
  }
}

// False: the connection is to end without a word.
net::Task<bool> H1Connection::wait_for_request() {
  if (reader_.has_bytes()) co_return true;
  const Instant since = network_.now();
  while (!stream_->readable().is_set()) {
    const ConnectionOptions options = service_.options();
    Duration patience = is_first_ ? options.header_timeout : options.idle_timeout;
    if (service_.is_draining()) patience = std::min(patience, kDrainPatience);
    nudge_.clear();
    const Woke woke = co_await net::wait_for(alarm_, saturating_add(since, patience), stream_->readable(), nudge_);
    if (woke == Woke::deadline) co_return false;
  }
  co_return true;
}

// False: the connection ends behind this one.
net::Task<bool> H1Connection::serve_one() {
  H1Exchange exchange({network_, *stream_, alarm_, reader_, writer_});
  if (!co_await read_head(exchange)) co_return false;
  if (service_.is_draining()) exchange.close_after();
  co_await service_.serve(exchange);
  if (exchange.is_broken_off() || !exchange.is_complete()) {
    stream_->reset();
    co_return false;
  }
  if (!exchange.keeps_alive()) {
    const bool unread = !reader_.at_end() || reader_.has_bytes() || stream_->readable().is_set();
    if (unread) co_await linger();
    co_return false;
  }
  reader_.next();
  co_return true;
}

// False: there is nobody to serve; what had to be said was said.
net::Task<bool> H1Connection::read_head(H1Exchange& exchange) {
  const ConnectionOptions options = service_.options();
  reader_.set_limits(options.limits);
  const Instant deadline = saturating_add(network_.now(), options.header_timeout);
  while (true) {
    switch (reader_.read_head(exchange.request())) {
      case H1Reader::State::complete: exchange.head_complete(); co_return true;
      case H1Reader::State::end: co_return false;
      case H1Reader::State::failed: co_return false;
      case H1Reader::State::fault:
        co_await refuse(exchange, answer_to(reader_.fault(), reader_.error().detail), reader_.error().detail);
        co_return false;
      case H1Reader::State::blocked: break;
    }
    if (co_await net::wait_for(alarm_, deadline, stream_->readable()) == Woke::deadline) {
      const Error slow{Code::timeout, Side::downstream, Again::no, "the header section did not come in time"};
      co_await refuse(exchange, answer_to(slow), slow.detail);
      co_return false;
    }
  }
}

// Answers a request that was never understood, as HTTP/1.1 and with the connection's end.
net::Task<void> H1Connection::refuse(H1Exchange& exchange, Answer answer, std::string detail) {
  Request& request = exchange.request();
  request.method = Method::other;
  request.method_text = request.target = request.path = request.authority = request.query = {};
  request.minor = 1;
  request.fields.clear();
  reader_.abandon();
  exchange.close_after();
  const Duration patience = service_.options().body_timeout;
  co_await send(exchange, answer, patience);
  service_.refused(exchange, detail);
  if (exchange.is_complete()) co_await linger();
}

net::Task<void> H1Connection::linger() {
  stream_->shutdown_write();
  const Instant deadline = network_.now() + kLingerPatience;
  const net::Block block = net::Block::take(net::kSmallBlock);
  uint64_t total = 0;
  while (total < kMostLingered) {
    const Io io = stream_->read({block.data(), block.capacity()});
    if (io.state == Io::State::end || io.state == Io::State::failed) co_return;
    total += io.count;
    if (io.state == Io::State::done) continue;
    if (co_await net::wait_for(alarm_, deadline, stream_->readable()) == Woke::deadline) co_return;
  }
}

}  // namespace fairlead::http

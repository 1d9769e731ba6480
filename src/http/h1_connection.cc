#include "http/h1_connection.h"

#include <algorithm>

#include "http/h2_connection.h"
#include "http/linger.h"
#include "wire/http1_glimpse.h"

namespace fairlead::http {

using net::Woke;

namespace {

// An idle connection of a draining instance: long enough for a request that is on its way, short
// enough that nobody waits for the stop.
constexpr Duration kDrainPatience = 1s;

}  // namespace

H1Connection::H1Connection(net::Network& network, std::unique_ptr<net::Stream> stream,
                           Service& service)
    : Connection(network),
      service_(service),
      stream_(std::move(stream)),
      alarm_(network.wheel()),
      opened_(network.now()) {
  service.opened(*this);
}

net::Task<void> H1Connection::serve(net::Network& network, std::unique_ptr<net::Stream> stream,
                                    Service& service) {
  H1Connection self(network, std::move(stream), service);
  Instant since = self.network_.now();
  do {
    if (!self.is_first_) since = self.network_.now();
    while (!self.stream_->readable().is_set()) {
      self.nudge_.clear();
      const Woke woke = co_await net::wait_for(self.alarm_, self.idle_deadline(since),
                                               self.stream_->readable(), self.nudge_);
      if (woke == Woke::deadline) co_return;
    }
  } while (co_await self.serve_burst());
  if (!self.preface_) co_return;
  self.unlink();
  // A statement of its own: what is made for the call would have a place in the frame otherwise.
  net::Task<void> other = H2Connection::serve(self.network_, std::move(self.stream_),
                                              self.service_, std::move(*self.preface_));
  co_await std::move(other);
}

Instant H1Connection::idle_deadline(Instant since) {
  const ConnectionOptions options = service_.options();
  Duration patience = is_first_ ? options.header_timeout : options.idle_timeout;
  Instant deadline = saturating_add(since, patience);
  if (options.max_age > Duration::zero())
    deadline = std::min(deadline, std::max(too_old_at(options), since + kDrainPatience));
  if (service_.is_draining()) {
    if (drain_seen_ == Instant()) drain_seen_ = network_.now();
    deadline = std::min(deadline, drain_seen_ + kDrainPatience);
  }
  return deadline;
}

Instant H1Connection::too_old_at(const ConnectionOptions& options) const {
  return options.max_age > Duration::zero() ? saturating_add(opened_, options.max_age) : kNever;
}

// Serves what has come and what follows it without a pause. False: the connection ends behind it.
net::Task<bool> H1Connection::serve_burst() {
  H1Reader reader(*stream_, Side::downstream, H1Reader::Keep::head_until_next,
                  service_.options().limits);
  H1Writer writer(*stream_);
  do {
    H1Exchange exchange({network_, *stream_, alarm_, reader, writer, service_});
    const Head head = co_await read_head(exchange, reader);
    if (head != Head::complete) co_return head == Head::nothing;
    co_await service_.serve(exchange);
    is_first_ = false;
    if (!exchange.keeps_alive()) co_return co_await end_of(exchange, reader);
    reader.next();
    // A client that sends requests as fast as we answer them is not alone here.
    if (reader.has_bytes()) co_await net::yield(network_.ready());
  } while (reader.has_bytes());
  co_return true;
}

// Ends the connection behind its last exchange, so that the client gets all of it. Always false.
net::Task<bool> H1Connection::end_of(H1Exchange& exchange, const H1Reader& reader) {
  if (!exchange.is_complete()) {
    stream_->reset();
  } else if (!reader.at_end() || reader.has_bytes() || stream_->readable().is_set()) {
    co_await linger(network_, alarm_, *stream_);
  }
  co_return false;
}

// Whether the connection begins as one of HTTP/2 does, and may (RFC 9113 3.3).
bool H1Connection::speaks_http2(const H1Reader& reader) const {
  const std::string_view seen = reader.unread().substr(0, kH2Preface.size());
  return is_first_ && service_.options().http2 && !stream_->tls().is_encrypted() &&
         reader.fault() == wire::http1::Fault::unsupported_version && kH2Preface.starts_with(seen);
}

net::Task<H1Connection::Head> H1Connection::read_head(H1Exchange& exchange, H1Reader& reader) {
  const ConnectionOptions options = service_.options();
  reader.set_limits(options.limits);
  const Instant deadline = saturating_add(network_.now(), options.header_timeout);
  while (true) {
    switch (reader.read_head(exchange.request())) {
      case H1Reader::State::complete:
        exchange.head_complete();
        if (network_.now() >= too_old_at(options)) exchange.close_after();
        if (options.http1) co_return Head::complete;
        co_await refuse_version(exchange, reader);
        co_return Head::gone;
      case H1Reader::State::end:
      case H1Reader::State::failed: co_return Head::gone;
      case H1Reader::State::fault: {
        if (speaks_http2(reader)) {
          preface_ = std::make_unique<std::string>(reader.unread());
          co_return Head::other;
        }
        const Error error = reader.error();
        co_await refuse(exchange, reader, answer_to(reader.fault(), error.detail), error);
        co_return Head::gone;
      }
      case H1Reader::State::blocked:
        if (!reader.has_bytes()) co_return Head::nothing;
        break;
    }
    if (co_await net::wait_for(alarm_, deadline, stream_->readable()) == Woke::deadline) {
      const Error slow{Code::timeout, Side::downstream, Again::no,
                       "the header section did not come in time"};
      co_await refuse(exchange, reader, answer_to(slow), slow);
      co_return Head::gone;
    }
  }
}

net::Task<void> H1Connection::refuse_version(H1Exchange& exchange, H1Reader& reader) {
  const Error other{Code::version_unsupported, Side::downstream, Again::no,
                    "only HTTP/2 is spoken here"};
  const Answer answer = answer_to(wire::http1::Fault::unsupported_version, other.detail);
  return refuse(exchange, reader, answer, other);
}

// Answers a request that was never understood, as HTTP/1.1 and with the connection's end. What the
// request holds then is for the log alone.
net::Task<void> H1Connection::refuse(H1Exchange& exchange, H1Reader& reader, Answer answer,
                                     Error error) {
  Request& request = exchange.request();
  request.method = Method::other;
  const wire::http1::Glimpse seen = wire::http1::glimpse(reader.unread());
  request.method_text = seen.method;
  request.target = seen.target;
  request.authority = seen.host;
  request.path = request.query = {};
  request.minor = 1;
  request.fields.clear();
  reader.abandon();
  exchange.close_after();
  const Duration patience = service_.options().body_timeout;
  co_await send(exchange, answer, patience);
  service_.refused(exchange, error);
  if (exchange.is_complete()) co_await linger(network_, alarm_, *stream_);
}

}  // namespace fairlead::http

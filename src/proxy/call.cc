#include "proxy/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "http/client.h"
#include "net/wait.h"
#include "proxy/dialer.h"
#include "proxy/report.h"
#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

using http::HeadState;
using http::Piece;
using net::Io;
using net::Woke;

// What one response may take of a turn of the loop.
constexpr uint64_t kTurn = 256 * 1024;

}  // namespace

net::Task<Result<std::unique_ptr<Upstream>>> connect(Connecting wanted) {
  const uint32_t id = wanted.backend.id();
  const bool shares = !wanted.alone && wanted.upstreams.shares(id, wanted.pool);
  while (shares && wanted.upstreams.is_expected(id)) {
    Upstreams::Arrival arrival(wanted.upstreams, id);
    const Woke woke =
        co_await net::wait_for_any(wanted.alarm, wanted.until,
                                   std::array{&arrival.arrived(), wanted.stops.gone,
                                              wanted.stops.off, wanted.stops.overtaken});
    if (auto upstream = wanted.upstreams.take(id, {})) co_return std::move(upstream);
    // Why it is to stop is said by the dialer, which does so at once.
    if (woke == Woke::deadline || !arrival.arrived().is_set()) break;
  }
  std::optional<Upstreams::Expectation> expectation;
  if (shares) expectation.emplace(wanted.upstreams, id);
  auto stream = co_await wanted.dialer.dial(wanted.pool, wanted.backend,
                                            protocols_of(wanted.pool, wanted.alone), wanted.until,
                                            wanted.stops);
  if (stream) co_return wanted.upstreams.wrap(id, std::move(*stream), wanted.pool);
  stream.error().detail = fmt::format("{}: {}", wanted.backend.text(), stream.error().detail);
  co_return std::unexpected(std::move(stream.error()));
}

Call::Call(Worker& worker, const core::Backend& backend, const core::PoolConfig& pool,
           Duration patience)
    : worker_(worker),
      backend_(backend),
      pool_(pool),
      alarm_(worker.network().wheel()),
      errand_(worker.errands(), backend.id(), worker.network().now()),
      deadline_(saturating_add(worker.network().now(), patience)) {
  answer_.began = worker.network().now();
}

net::Task<Result<void>> Call::run(const http::Request& request, std::string_view body) {
  auto done = co_await find_connection();
  if (done) done = co_await ask(request, body);
  if (done) done = co_await read_head();
  co_return done;
}

net::Task<Result<void>> Call::find_connection() {
  answer_.upstream = worker_.upstreams().take(backend_.id(), {.sure = true});
  if (!answer_.upstream) {
    auto made = co_await connect(
        {.upstreams = worker_.upstreams(),
         .dialer = worker_.dialer(),
         .pool = pool_,
         .backend = backend_,
         .alarm = alarm_,
         .until = std::min(saturating_add(answer_.began, pool_.connect_timeout), deadline_),
         .stops = {.off = &errand_.called_off()}});
    if (!made) {
      const bool is_late =
          made.error().code == Code::connect_timeout && worker_.network().now() >= deadline_;
      co_return std::unexpected(is_late ? too_late() : std::move(made.error()));
    }
    answer_.upstream = std::move(*made);
  }
  is_reused_ = answer_.upstream->is_reused();
  co_return {};
}

net::Task<Result<void>> Call::ask(const http::Request& request, std::string_view body) {
  http::Client& client = answer_.upstream->client();
  if (!client.send(request, host_of(backend_)))
    co_return fail(Code::malformed, Side::downstream, "a field of the request cannot be passed on");
  http::Sink& sink = client.sink();
  while (true) {
    Io io = body.empty() ? sink.finish({}) : sink.write(body);
    if (io.state == Io::State::blocked && !body.empty()) {
      io = sink.flush();
      if (io.state == Io::State::done && io.count > 0) continue;
    } else if (io.state == Io::State::done) {
      if (body.empty()) co_return {};
      body.remove_prefix(io.count);
      continue;
    }
    // It may have answered before it broke off: reading tells.
    if (io.state == Io::State::failed) co_return {};
    if (auto woke = co_await wait(client.stream().writable()); !woke) co_return woke;
  }
}

net::Task<Result<void>> Call::read_head() {
  http::Client& client = answer_.upstream->client();
  answer_.head = http::take_response();
  uint32_t interim_heads = 0;
  while (true) {
    switch (client.read_head(*answer_.head)) {
      case HeadState::complete:
        if (answer_.head->status >= 200) {
          status_ = answer_.head->status;
          latency_ = worker_.network().now() - answer_.began;
          co_return {};
        }
        // For the client of an exchange they are said by the attempt that it waits for.
        if (answer_.head->status != 101 && ++interim_heads <= http::kMostInterimHeads) continue;
        co_return fail(Code::malformed, Side::upstream, "interim responses that nobody asked for");
      case HeadState::end:
        co_return fail(Code::closed, Side::upstream, "closed before its response", client.again());
      case HeadState::fault: co_return std::unexpected(client.error());
      case HeadState::failed: {
        Error error = client.error();
        error.again = client.again();
        co_return std::unexpected(std::move(error));
      }
      case HeadState::blocked: break;
    }
    if (auto woke = co_await wait(client.stream().readable()); !woke) co_return woke;
  }
}

net::Task<Result<void>> Call::discard_body() {
  http::Source& source = answer_.upstream->client().source();
  uint64_t discarded = 0;
  while (true) {
    const Piece piece = source.peek(true);
    switch (piece.state) {
      case Piece::State::end:
        worker_.upstreams().put(std::move(answer_.upstream), pool_);
        co_return {};
      case Piece::State::failed: co_return std::unexpected(source.error());
      case Piece::State::data:
        source.consume(piece.bytes.size());
        discarded += piece.bytes.size();
        if (discarded < kTurn) continue;
        discarded = 0;
        co_await net::yield(worker_.network().ready());
        continue;
      case Piece::State::blocked: break;
    }
    if (auto woke = co_await wait(source.stream().readable()); !woke) co_return woke;
  }
}

net::Task<Result<void>> Call::wait(net::Event& event) {
  const Woke woke = co_await net::wait_for(alarm_, deadline_, event, errand_.called_off());
  if (errand_.called_off().is_set()) co_return fail(Code::draining, Side::internal, "drained");
  if (woke == Woke::deadline) co_return std::unexpected(too_late());
  co_return {};
}

Error Call::too_late() const {
  return {Code::timeout, Side::upstream, Again::no,
          fmt::format("{} has not answered in time", backend_.text())};
}

core::Outcome Call::outcome(const Result<void>& done) const {
  core::Outcome outcome = done ? core::Outcome::success(status_, latency_)
                               : core::Outcome::failure(done.error(), is_reused_);
  outcome.status = status_;
  outcome.latency = latency_;
  return outcome;
}

}  // namespace fairlead::proxy

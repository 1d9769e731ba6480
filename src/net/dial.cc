#include "net/dial.h"

#include <fmt/format.h>

#include <array>

namespace fairlead::net {
namespace {

// Said of the attempt, in the words that health reasons and logs use.
std::string words_of(const Error& error, Duration waited) {
  if (!error.detail.empty()) return error.detail;
  switch (error.code) {
    case Code::refused: return "connection refused";
    case Code::not_found: return "no such socket";
    case Code::unreachable: return "address unreachable";
    case Code::connect_timeout: return "connect timed out after " + span_text(waited);
    case Code::reset: return "connection reset while connecting";
    default: return std::string(name_of(error.code));
  }
}

bool is_set(const Event* event) { return event && event->is_set(); }

std::unexpected<Error> not_connected(Error error, Duration waited) {
  error.detail = words_of(error, waited);
  return std::unexpected(std::move(error));
}

}  // namespace

std::optional<Error> ended_by(const Stops& stops) {
  if (is_set(stops.gone))
    return Error{Code::cancelled, Side::downstream, Again::no, "the client has left"};
  if (is_set(stops.off))
    return Error{Code::draining, Side::internal, Again::yes, "drained before it was connected"};
  if (is_set(stops.overtaken))
    return Error{Code::cancelled, Side::internal, Again::no, "another backend was quicker"};
  return {};
}

std::string span_text(Duration span) {
  if (span < 1s)
    return fmt::format("{} ms",
                       std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
  return fmt::format("{:.1f} s", to_seconds(span));
}

Task<Result<std::unique_ptr<Stream>>> dial(Network& network, Address address, Instant deadline,
                                           Stops stops) {
  const Instant began = network.now();
  auto stream = network.connect(address);
  if (!stream) co_return not_connected(std::move(stream.error()), {});
  Alarm alarm(network.wheel());
  while (true) {
    const Io io = (*stream)->connected();
    if (io.state == Io::State::done) co_return std::move(*stream);
    if (io.state == Io::State::failed) {
      co_return not_connected({io.code, Side::upstream, Again::yes, {}}, network.now() - began);
    }
    if (auto end = ended_by(stops)) co_return std::unexpected(std::move(*end));
    const std::array<Event*, 5> events = {&(*stream)->writable(), &(*stream)->broken(), stops.gone,
                                          stops.off, stops.overtaken};
    if (co_await wait_for_any(alarm, deadline, events) == Woke::event) continue;
    co_return not_connected({Code::connect_timeout, Side::upstream, Again::yes, {}},
                            deadline - began);
  }
}

}  // namespace fairlead::net

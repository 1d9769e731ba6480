#include "net/tls_accept.h"

namespace fairlead::net {
namespace {

// As much of it as goes at once: it is a courtesy.
void answer_plainly(Stream& stream, std::string_view answer) {
  if (answer.empty()) return;
  stream.write({answer.data(), answer.size()});
  stream.shutdown_write();
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> tls_accept(Network& network, std::unique_ptr<Stream> below,
                                                 std::shared_ptr<const TlsServer> server,
                                                 Instant deadline, std::string_view answer_to_http,
                                                 Event* displaced) {
  auto stream = std::make_unique<TlsStream>(std::move(below), std::move(server));
  Alarm alarm(network.wheel());
  while (true) {
    const Io io = stream->handshake();
    if (io.state == Io::State::done) {
      if (auto light = stream->go_on_lightly()) co_return std::move(light);
      co_return std::move(stream);
    }
    if (io.state == Io::State::failed) {
      Error why = stream->failure();
      if (stream->was_plain_http()) answer_plainly(*stream->take_below(), answer_to_http);
      co_return std::unexpected(std::move(why));
    }
    if (displaced && displaced->is_set()) {
      stream->reset();
      co_return fail(Code::overloaded, Side::internal,
                     "tls: it stood still while too many others came");
    }
    const auto [readable, writable] = stream->awaited();
    const std::array<Event*, 3> events = {readable, writable, displaced};
    if (co_await wait_for_any(alarm, deadline, events) == Woke::event) continue;
    stream->reset();
    co_return fail(Code::timeout, Side::downstream, "tls: the handshake did not come in time");
  }
}

}  // namespace fairlead::net

#include "net/tls_connect.h"

namespace fairlead::net {

Task<Result<std::unique_ptr<TlsStream>>> tls_connect(Network& network,
                                                     std::unique_ptr<Stream> below,
                                                     std::shared_ptr<TlsClient> client,
                                                     Address peer, Protocols protocols,
                                                     Instant deadline, Stops stops) {
  const Instant began = network.now();
  auto stream = std::make_unique<TlsStream>(std::move(below), std::move(client), peer, protocols);
  Alarm alarm(network.wheel());
  while (true) {
    const Io io = stream->handshake();
    if (io.state == Io::State::done) co_return std::move(stream);
    if (io.state == Io::State::failed) co_return std::unexpected(stream->failure());
    if (auto end = ended_by(stops)) {
      stream->reset();
      co_return std::unexpected(std::move(*end));
    }
    const auto [readable, writable] = stream->awaited();
    const std::array<Event*, 5> events = {readable, writable, stops.gone, stops.off,
                                          stops.overtaken};
    if (co_await wait_for_any(alarm, deadline, events) == Woke::event) continue;
    stream->reset();
    co_return fail(Code::connect_timeout, Side::upstream,
                   "tls: the handshake was not done within " + span_text(network.now() - began),
                   Again::yes);
  }
}

Task<Result<std::unique_ptr<Stream>>> dial_tls(Network& network, Address address, TlsWish wish,
                                               Instant deadline, Stops stops) {
  auto stream = co_await dial(network, address, deadline, stops);
  if (!stream || !wish.client) co_return stream;
  auto encrypted = co_await tls_connect(network, std::move(*stream), std::move(wish.client),
                                        std::move(address), wish.protocols, deadline, stops);
  if (!encrypted) co_return std::unexpected(std::move(encrypted.error()));
  co_return std::move(*encrypted);
}

}  // namespace fairlead::net

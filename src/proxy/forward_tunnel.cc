// The tunnel of a Forward: an upgraded connection, from its 101 to its end.
//
// Relays bytes as they are, both ways; of WebSocket it knows where a frame ends, to say goodbye
// there when the backend is drained.
#include <algorithm>
#include <string>

#include "net/relay.h"
#include "proxy/forward.h"
#include "wire/websocket.h"

namespace fairlead::proxy {

using net::Io;
using net::Woke;

namespace {

// What a peer has sent ahead of the switch: it belongs to the tunnel.
std::string take_here(http::Source& source) {
  std::string bytes;
  for (auto piece = source.peek(false); piece.state == http::Piece::State::data;
       piece = source.peek(false)) {
    bytes.append(piece.bytes.data(), piece.bytes.size());
    source.consume(piece.bytes.size());
  }
  return bytes;
}

// WebSocket's frames, as the boundaries of what a relay moves.
class Frames final : public net::Boundary {
 public:
  void pass(std::span<const char> bytes) override { frames_.pass(bytes); }
  uint64_t left() const override { return frames_.left(); }

 private:
  wire::WebSocketFrames frames_;
};

bool is_websocket(const http::Request& request) {
  return wire::http1::equals_ignoring_case(request.fields.find(http::FieldId::upgrade).value_or(""),
                                           "websocket");
}

}  // namespace

net::Task<void> Forward::tunnel() {
  net::Stream& down = exchange_.stream();
  net::Stream& up = upstream_->client().stream();
  net::Flow forth(down, up);
  net::Flow back(up, down);
  Frames frames_forth;
  Frames frames_back;
  const std::string goodbye_forth = wire::close_frame(wire::kGoingAway, true);
  const std::string goodbye_back = wire::close_frame(wire::kGoingAway, false);
  if (is_websocket(exchange_.request())) {
    forth.part_with(frames_forth, goodbye_forth);
    back.part_with(frames_back, goodbye_back);
  }
  const std::string ahead = take_here(exchange_.body());
  forth.prepend(ahead);
  while (exchange_.flush().state == Io::State::blocked) {
    net::Event& off = errand_.called_off();
    const Woke woke = co_await net::wait_for(exchange_.alarm(), deadline(), down.writable(), off);
    if (off.is_set()) {
      exchange_.break_off();
      end_called_off();
      co_return;
    }
    if (woke == Woke::event) continue;
    fail_with({Code::timeout, Side::downstream, Again::no, "the client reads too slowly"});
    co_return;
  }
  back.prepend(take_here(upstream_->client().source()));
  const net::RelayEnd end =
      co_await net::relay(exchange_.network(), exchange_.alarm(), forth, down, back, up,
                          rules_.tunnel_timeout, &errand_.called_off());
  // What came ahead was counted when it was read.
  exchange_.tunnelled(forth.moved() - std::min<uint64_t>(forth.moved(), ahead.size()),
                      back.moved());
  using Reason = net::RelayEnd::Reason;
  if (end.reason != Reason::finished) exchange_.break_off();
  if (end.reason == Reason::idle)
    fail_with({Code::timeout, Side::internal, Again::no, "the tunnel was idle for too long"});
  if (end.reason == Reason::called_off) end_called_off();
  if (end.reason == Reason::reset_by_first)
    fail_with({Code::reset, Side::downstream, Again::no, "the client reset the tunnel"});
  if (end.reason == Reason::reset_by_second)
    fail_with({Code::reset, Side::upstream, Again::no, "the backend reset the tunnel"});
}

}  // namespace fairlead::proxy

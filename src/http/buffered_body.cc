#include "http/buffered_body.h"

#include <algorithm>

#include "http/message_pool.h"
#include "net/wait.h"
#include "wire/http1_write.h"

namespace fairlead::http {

// A piece may reach over the limit: then it is held up to there, and the rest stays in the source.
BufferedBody::State BufferedBody::fill() {
  while (!ended_) {
    const bool full = held_.size() >= most_;
    const Piece piece = from_.peek(!full);
    if (full && piece.state != Piece::State::end) return State::full;
    switch (piece.state) {
      case Piece::State::blocked: return State::blocked;
      case Piece::State::failed: return State::failed;
      case Piece::State::end: ended_ = true; break;
      case Piece::State::data: {
        const size_t count = std::min(piece.bytes.size(), most_ - held_.size());
        held_.append(piece.bytes.data(), count);
        from_.consume(count);
      }
    }
  }
  return State::whole;
}

Piece BufferedBody::peek(bool may_read) {
  if (at_ < held_.size()) return {Piece::State::data, {held_.data() + at_, held_.size() - at_}};
  return from_.peek(may_read);
}

void BufferedBody::consume(size_t count) {
  if (at_ < held_.size()) {
    at_ += count;
    return;
  }
  go_beyond();
  from_.consume(count);
}

Piece::State BufferedBody::spliced(uint64_t count, bool ended) {
  go_beyond();
  return from_.spliced(count, ended);
}

void BufferedBody::go_beyond() {
  if (beyond_) return;
  beyond_ = true;
  at_ = 0;
  std::string().swap(held_);
}

net::Task<Result<BufferedBody::State>> read_ahead(Exchange& exchange, BufferedBody& body,
                                                  Duration patience, Enough enough) {
  using State = BufferedBody::State;
  Request& request = exchange.request();
  net::Stream& stream = exchange.stream();
  while (true) {
    const State state = body.fill();
    if (state == State::whole || state == State::full) co_return state;
    if (state == State::failed) co_return std::unexpected(body.error());
    if (enough != nullptr && enough(body.held())) co_return state;
    if (request.expect_continue) {
      request.expect_continue = false;  // said: the backend is not asked again
      const PooledResponse go_on = take_response();
      go_on->status = 100;
      go_on->reason = wire::http1::reason_of(100);
      go_on->upgrade = false;
      go_on->fields.clear();
      exchange.inform(*go_on);
    }
    const Instant deadline = saturating_add(exchange.network().now(), patience);
    const net::Woke woke = co_await net::wait_for(exchange.alarm(), deadline,
                                                  body.stream().readable(), stream.broken());
    if (stream.broken().is_set())
      co_return fail(Code::cancelled, Side::downstream, "the client broke off");
    if (woke == net::Woke::deadline)
      co_return fail(Code::timeout, Side::downstream, "the request body came too slowly");
  }
}

}  // namespace fairlead::http

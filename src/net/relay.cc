#include "net/relay.h"

#include "net/delivery.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace fairlead::net {
namespace {

// What one direction may move in one turn of the loop while others wait.
constexpr uint64_t kShare = 1024 * 1024;
// So many full blocks in a row are bulk.
constexpr uint8_t kFullReadsOfBulk = 2;

}  // namespace

void Flow::prepend(std::string_view bytes) {
  if (bytes.empty()) return;
  Block larger = Block::take(end_ - begin_ + bytes.size());
  if (block_) std::memcpy(larger.data(), block_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  std::memcpy(larger.data() + end_, bytes.data(), bytes.size());
  end_ += static_cast<uint32_t>(bytes.size());
  block_ = std::move(larger);
}

Flow::Step Flow::write_result(const Io& io) {
  if (io.state == Io::State::failed) return Step::failed;
  if (io.state != Io::State::done) return Step::writing;
  moved_ += io.count;
  return Step::moved;
}

void Flow::let_pass(size_t count) {
  if (boundary_ && !parting_) boundary_->pass({block_.data() + begin_, count});
}

Flow::Step Flow::send_held() {
  const Io io = to_.write({block_.data() + begin_, end_ - begin_});
  const Step step = write_result(io);
  if (step != Step::moved) return step;
  wrote_short_ = io.count < end_ - begin_;
  let_pass(io.count);
  begin_ += static_cast<uint32_t>(io.count);
  if (begin_ == end_) {
    block_.release();
    begin_ = end_ = 0;
  }
  return Step::moved;
}

Flow::Step Flow::read_and_send() {
  if (!from_.readable().is_set()) return Step::reading;  // and hold no block for it
  block_ = Block::take(kSmallBlock);
  const Io io = from_.read({block_.data(), block_.capacity()});
  if (io.state != Io::State::done) {
    block_.release();
    reading_failed_ = io.state == Io::State::failed;
    if (reading_failed_) return Step::failed;
    return io.state == Io::State::end ? Step::ended : Step::reading;
  }
  full_reads_ = io.count == block_.capacity() ? static_cast<uint8_t>(full_reads_ + 1) : 0;
  begin_ = 0;
  end_ = static_cast<uint32_t>(io.count);
  const Step step = send_held();
  if (!boundary_ && full_reads_ >= kFullReadsOfBulk && from_.descriptor() >= 0 &&
      to_.descriptor() >= 0) {
    pipe_ = SplicePipe::take();
    full_reads_ = 0;  // without a pipe, asked again after as many more
  }
  return step;
}

Flow::Step Flow::splice() {
  if (pipe_->held() > 0) return write_result(pipe_->drain(to_));
  const Io io = pipe_->fill(from_, pipe_->capacity());
  if (io.state == Io::State::done) return Step::moved;
  // The bulk is through: small pieces are cheaper without the pipe.
  SplicePipe::give_back(std::move(pipe_));
  if (io.state == Io::State::end) return Step::ended;
  reading_failed_ = io.state == Io::State::failed;
  return reading_failed_ ? Step::failed : Step::reading;
}

Flow::Step Flow::step() {
  if (begin_ < end_) return send_held();
  return pipe_ ? splice() : read_and_send();
}

Flow::State Flow::run() {
  if (state_ == State::finished) return state_;
  const uint64_t until = moved_ + kShare;
  while (moved_ < until) {
    switch (step()) {
      case Step::moved: continue;
      case Step::reading: return state_ = State::reading;
      case Step::writing: return state_ = State::writing;
      case Step::failed: return state_ = State::failed;
      case Step::ended: to_.shutdown_write(); return state_ = State::finished;
    }
  }
  return state_ = State::busy;
}

bool Flow::part() {
  if (state_ == State::finished || state_ == State::failed) return true;
  while (true) {
    if (begin_ == end_) {
      if (parting_) return true;
      const uint64_t left = boundary_->left();
      if (left == 0) {
        parting_ = true;
        prepend(words_);
        continue;
      }
      if (!block_) block_ = Block::take(kSmallBlock);
      const Io io = from_.read({block_.data(), std::min<uint64_t>(block_.capacity(), left)});
      if (io.state == Io::State::blocked) {
        state_ = State::reading;
        return false;
      }
      if (io.state != Io::State::done) return true;
      begin_ = 0;
      end_ = static_cast<uint32_t>(io.count);
    }
    if (!parting_) {
      // What follows the message is not sent any more.
      const uint64_t left = boundary_->left();
      const uint64_t due = std::max<uint64_t>(left, wrote_short_ ? 1 : 0);
      end_ = static_cast<uint32_t>(std::min<uint64_t>(end_, begin_ + due));
      if (begin_ == end_) continue;
    }
    const Io io = to_.write({block_.data() + begin_, end_ - begin_});
    if (io.state == Io::State::blocked) {
      state_ = State::writing;
      return false;
    }
    if (io.state != Io::State::done) return true;
    wrote_short_ = io.count < end_ - begin_;
    let_pass(io.count);
    begin_ += static_cast<uint32_t>(io.count);
  }
}

Event* Flow::waits_for() {
  if (state_ == State::reading) return &from_.readable();
  return state_ == State::writing ? &to_.writable() : nullptr;
}

namespace {

Event* unless_set(Event& event) { return event.is_set() ? nullptr : &event; }

RelayEnd break_both(Stream& first, Stream& second, RelayEnd::Reason reason) {
  first.reset();
  second.reset();
  return {reason};
}

// Bounded: a peer that does not listen keeps nobody.
constexpr Duration kParting = 1s;

// Reads over what still comes. True: nothing more will.
bool is_at_end(Stream& stream) {
  std::array<char, 4096> over;
  while (stream.readable().is_set()) {
    const Io io = stream.read(over);
    if (io.state == Io::State::end || io.state == Io::State::failed) return true;
  }
  return false;
}

// Each side hears the words, then our end, and may answer with its own.
Task<void> part(Network& network, Alarm& alarm, Flow& forth, Stream& first, Flow& back,
                Stream& second) {
  const Instant deadline = network.now() + kParting;
  while (true) {
    const bool there = forth.part();
    const bool here = back.part();
    if (there && here) break;
    const std::array<Event*, 2> events = {there ? nullptr : forth.waits_for(),
                                          here ? nullptr : back.waits_for()};
    if (co_await wait_for_any(alarm, deadline, events) == Woke::deadline) co_return;
  }
  first.shutdown_write();
  second.shutdown_write();
  while (true) {
    const bool first_ended = is_at_end(first);
    const bool second_ended = is_at_end(second);
    if (first_ended && second_ended) co_return;
    const std::array<Event*, 2> events = {first_ended ? nullptr : &first.readable(),
                                          second_ended ? nullptr : &second.readable()};
    if (co_await wait_for_any(alarm, deadline, events) == Woke::deadline) co_return;
  }
}

}  // namespace

Task<RelayEnd> relay(Network& network, Alarm& alarm, Flow& forth, Stream& first, Flow& back,
                     Stream& second, Duration idle, Event* off) {
  using Reason = RelayEnd::Reason;
  first.watch_now();
  uint64_t moved = forth.moved() + back.moved();
  Instant moved_at = network.now();
  Delivery delivery;
  while (true) {
    const Flow::State there = forth.run();
    const Flow::State here = back.run();
    if (forth.is_finished() && back.is_finished()) co_return RelayEnd{};
    if (off && off->is_set() && forth.parts_with_words())
      co_await part(network, alarm, forth, first, back, second);
    if (off && off->is_set()) co_return break_both(first, second, Reason::called_off);
    const bool first_failed = (there == Flow::State::failed && forth.reading_failed()) ||
                              (here == Flow::State::failed && !back.reading_failed());
    // A stream that is gone in both directions while we still have something to tell it was reset.
    if (first_failed || (first.broken().is_set() && !back.is_finished())) {
      co_return break_both(first, second, Reason::reset_by_first);
    }
    if (there == Flow::State::failed || here == Flow::State::failed ||
        (second.broken().is_set() && !forth.is_finished())) {
      co_return break_both(first, second, Reason::reset_by_second);
    }
    if (forth.moved() + back.moved() != moved) {
      moved = forth.moved() + back.moved();
      moved_at = network.now();
    }
    if (there == Flow::State::busy || here == Flow::State::busy) {
      co_await yield(network.ready());
      continue;
    }
    const std::array<Event*, 5> events = {forth.waits_for(), back.waits_for(),
                                          unless_set(first.broken()), unless_set(second.broken()),
                                          off};
    if (co_await wait_for_any(alarm, delivery.deadline(moved_at, idle), events) == Woke::event)
      continue;
    const size_t left = first.in_flight() + second.in_flight();
    if (delivery.is_stuck(left, moved_at, idle, network.now()))
      co_return break_both(first, second, Reason::idle);
  }
}

}  // namespace fairlead::net

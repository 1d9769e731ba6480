#include "http/pump.h"

namespace fairlead::http {

using net::Io;

namespace {

// What one body may move in one turn of the loop while others wait.
constexpr uint64_t kShare = 1024 * 1024;

}  // namespace

Pump::Step Pump::fail_sink(Io io) {
  sink_error_ = io.code;
  return Step::sink_failed;
}

// Moved: the sink holds nothing back any more, and did before.
Pump::Step Pump::flush() {
  const Io io = sink_.flush();
  if (io.state == Io::State::failed) return fail_sink(io);
  return io.state == Io::State::done && io.count > 0 ? Step::moved : Step::sink_blocked;
}

Pump::Step Pump::copy() {
  Piece piece = source_.peek(false);
  if (piece.state == Piece::State::blocked) {
    // Nothing more is in memory: what waits leaves now, then the stream is asked.
    if (const Io io = sink_.flush(); io.state != Io::State::done) {
      return io.state == Io::State::failed ? fail_sink(io) : Step::sink_blocked;
    }
    if (can_splice()) return Step::moved;
    piece = source_.peek(true);
  }
  switch (piece.state) {
    case Piece::State::blocked: return Step::source_blocked;
    case Piece::State::failed: return Step::source_failed;
    case Piece::State::end: return Step::end;
    case Piece::State::data: break;
  }
  const Io io = sink_.write(piece.bytes);
  if (io.state == Io::State::failed) return fail_sink(io);
  if (io.state == Io::State::blocked) return flush();
  source_.consume(io.count);
  moved_ += io.count;
  return Step::moved;
}

bool Pump::can_splice() {
  if (pipe_ && pipe_->held() > 0) return true;
  if (copy_only_ || source_.spliceable() == 0 || !sink_.spliceable()) return false;
  if (!pipe_) pipe_ = net::SplicePipe::take();
  copy_only_ = !pipe_;
  return !copy_only_;
}

Pump::Step Pump::drain_pipe() {
  const Io io = pipe_->drain(sink_.stream());
  if (io.state == Io::State::failed) return fail_sink(io);
  if (io.state == Io::State::blocked) return Step::sink_blocked;
  sink_.spliced(io.count);
  moved_ += io.count;
  return Step::moved;
}

Pump::Step Pump::splice() {
  if (pipe_->held() > 0) return drain_pipe();
  const uint64_t most = source_.spliceable();
  const Io io = pipe_->fill(source_.stream(), most);
  if (io.state == Io::State::blocked) return Step::source_blocked;
  if (io.state == Io::State::failed) {
    // Reading the stream gives the same error to the source, in its own words.
    copy_only_ = true;
    return copy();
  }
  const bool ended = io.state == Io::State::end;
  if (source_.spliced(io.count, ended) == Piece::State::failed) return Step::source_failed;
  return Step::moved;
}

Pump::State Pump::finish() {
  source_ended_ = true;
  const Io io = sink_.finish(source_.trailers());
  if (io.state == Io::State::done) return State::done;
  if (io.state == Io::State::blocked) return State::sink_blocked;
  sink_error_ = io.code;
  return State::sink_failed;
}

Pump::State Pump::run() {
  if (source_ended_) return finish();
  const uint64_t until = moved_ + kShare;
  while (moved_ < until) {
    switch (can_splice() ? splice() : copy()) {
      case Step::moved: break;
      case Step::source_blocked: return State::source_blocked;
      case Step::sink_blocked: return State::sink_blocked;
      case Step::end: return finish();
      case Step::source_failed: return State::source_failed;
      case Step::sink_failed: return State::sink_failed;
    }
  }
  return State::busy;
}

}  // namespace fairlead::http

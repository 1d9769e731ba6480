#include "net/splice_pipe.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace fairlead::net {
namespace {

// Measured best on loopback: larger ones fall out of the cache, smaller ones cost more calls.
constexpr int kPipeBytes = 256 * 1024;
// Below this a pipe is not worth its two extra system calls: a user without privileges is given
// pipes of one page when his share (pipe-user-pages-soft) is used up.
constexpr int kLeastPipeBytes = 64 * 1024;
constexpr unsigned kFlags = SPLICE_F_NONBLOCK | SPLICE_F_MOVE;

thread_local std::vector<std::unique_ptr<SplicePipe>> free_pipes;

}  // namespace

std::unique_ptr<SplicePipe> SplicePipe::take() {
  if (!free_pipes.empty()) {
    auto pipe = std::move(free_pipes.back());
    free_pipes.pop_back();
    return pipe;
  }
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return nullptr;
  Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);
  int capacity = fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes);
  if (capacity < 0) capacity = fcntl(ends[1], F_GETPIPE_SZ);
  if (capacity < kLeastPipeBytes) return nullptr;
  return std::unique_ptr<SplicePipe>(
      new SplicePipe(std::move(read_end), std::move(write_end), static_cast<size_t>(capacity)));
}

void SplicePipe::give_back(std::unique_ptr<SplicePipe> pipe) {
  if (pipe && pipe->held_ == 0 && free_pipes.size() < kMostKept)
    free_pipes.push_back(std::move(pipe));
}

Io SplicePipe::fill(Stream& from, uint64_t most) {
  if (!from.readable().is_set()) {
    from.watch_now();
    return Io::blocked();
  }
  const size_t room = static_cast<size_t>(std::min<uint64_t>(most, capacity_ - held_));
  const ssize_t count = splice(from.descriptor(), nullptr, write_end_.get(), nullptr, room, kFlags);
  if (count > 0) {
    held_ += static_cast<size_t>(count);
    return Io::done(static_cast<size_t>(count));
  }
  if (count == 0) return from.has_failed() ? Io::failed(Code::reset) : Io::end();
  if (errno == EAGAIN || errno == EINTR) {
    // Of an empty pipe it is the socket that has nothing; of a fuller one it may be that the pipe's
    // slots are used up by small pieces, and then the socket's edge must not be forgotten.
    if (held_ == 0) from.set_drained();
    return Io::blocked();
  }
  from.set_failed();
  return Io::failed(Code::reset);
}

Io SplicePipe::drain(Stream& to) {
  if (!to.writable().is_set()) return Io::blocked();
  const ssize_t count = splice(read_end_.get(), nullptr, to.descriptor(), nullptr, held_, kFlags);
  if (count > 0) {
    held_ -= static_cast<size_t>(count);
    return Io::done(static_cast<size_t>(count));
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    to.set_full();
    return Io::blocked();
  }
  if (errno != EPIPE) to.set_failed();
  return Io::failed(Code::reset);
}

}  // namespace fairlead::net

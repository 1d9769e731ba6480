#include "net/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "net/kernel_error.h"

namespace fairlead::net {
namespace {

bool is_writable_now(int descriptor) {
  pollfd wanted{.fd = descriptor, .events = POLLOUT, .revents = 0};
  return poll(&wanted, 1, 0) > 0;
}

Code code_of_open(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENXIO: return Code::not_found;
    case EROFS:
    case EISDIR: return Code::invalid;
    case ENOSPC:
    case EDQUOT: return Code::exhausted;
    default: return code_of_errno(error);
  }
}

}  // namespace

LogTarget LogTarget::parse(std::string_view text) {
  if (text == "stdout") return {.kind = Kind::standard_output};
  if (text == "stderr") return {.kind = Kind::standard_error};
  return {.kind = Kind::file, .path = std::string(text)};
}

std::string LogTarget::name() const {
  switch (kind) {
    case Kind::standard_output: return "stdout";
    case Kind::standard_error: return "stderr";
    case Kind::file: return path;
  }
  return path;
}

Result<std::unique_ptr<LogFile>> LogFile::open(LogTarget target) {
  std::unique_ptr<LogFile> file(new LogFile(std::move(target)));
  if (auto opened = file->open_path(); !opened) return std::unexpected(opened.error());
  return file;
}

Result<void> LogFile::open_path() {
  if (target_.kind == LogTarget::Kind::file) {
    // Not blocking: the opening of a named pipe would wait for its reader.
    constexpr int kHow = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    Descriptor opened(::open(target_.path.c_str(), kHow, 0640));
    if (!opened) {
      return fail(code_of_open(errno), Side::internal,
                  fmt::format("cannot open the log {}: {}", target_.path, describe_errno(errno)));
    }
    file_ = std::move(opened);
  }
  look_at_kind();
  return {};
}

void LogFile::look_at_kind() {
  struct stat status{};
  if (fstat(number(), &status) != 0) return;
  may_block_ = !S_ISREG(status.st_mode);
  if (status.st_size == 0) is_torn_ = false;  // another file than before
}

int LogFile::number() const {
  switch (target_.kind) {
    case LogTarget::Kind::standard_output: return STDOUT_FILENO;
    case LogTarget::Kind::standard_error: return STDERR_FILENO;
    case LogTarget::Kind::file: return file_.get();
  }
  return file_.get();
}

Result<void> LogFile::reopen() {
  flush();
  return open_path();
}

void LogFile::append(std::string_view first, std::string_view second) {
  const size_t waiting = pending_.size() - written_;
  if (waiting + first.size() + second.size() > kMostPending) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (is_torn_ && pending_.empty()) pending_ += '\n';
  pending_ += first;
  pending_ += second;
}

// A pipe that can be written to takes PIPE_BUF bytes at once (pipe(7)), and more may block: whole
// lines up to that, or a piece of one that is longer.
size_t LogFile::next_size() const {
  const std::string_view rest = std::string_view(pending_).substr(written_);
  if (!may_block_ || rest.size() <= PIPE_BUF) return rest.size();
  const size_t line_end = rest.substr(0, PIPE_BUF).rfind('\n');
  return line_end == rest.npos ? PIPE_BUF : line_end + 1;
}

void LogFile::flush() {
  while (has_pending()) {
    if (may_block_ && !is_writable_now(number())) break;
    const ssize_t count = ::write(number(), pending_.data() + written_, next_size());
    if (count >= 0) {
      written_ += static_cast<size_t>(count);
      if (count > 0) is_torn_ = pending_[written_ - 1] != '\n';
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      give_up(errno);
    }
  }
  // Taking the front off moves what is behind it: worth it only now and then.
  if (written_ < pending_.size() && written_ < kMostPending / 4) return;
  pending_.erase(0, written_);
  written_ = 0;
}

void LogFile::give_up(int error) {
  last_error_ = error;
  write_errors_.fetch_add(1, std::memory_order_relaxed);
  const std::string_view rest = std::string_view(pending_).substr(written_);
  const auto lost = static_cast<uint64_t>(std::ranges::count(rest, '\n'));
  dropped_.fetch_add(lost, std::memory_order_relaxed);
  pending_.clear();
  written_ = 0;
}

}  // namespace fairlead::net

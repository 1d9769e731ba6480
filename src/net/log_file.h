// LogFile: one place where log lines end: standard output or error, a file, a pipe.
//
// Belongs to the writer thread of a LogQueue. Lines wait here until they can be written; a pipe
// whose reader sleeps and a full disk cost lines, which are counted, and nothing else.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/descriptor.h"

namespace fairlead::net {

struct LogTarget {
  enum class Kind : uint8_t { standard_output, standard_error, file };
  Kind kind = Kind::standard_error;
  std::string path = {};  // of a file

  // "stdout", "stderr", or else a path.
  static LogTarget parse(std::string_view text);
  std::string name() const;  // what parse() takes back
};

class LogFile {
 public:
  // Lines that wait for a place which takes none: beyond this they are dropped.
  static constexpr size_t kMostPending = 4 * 1024 * 1024;

  // Appends to the file, makes it where it is missing (mode 0640). Errors: permission, not_found (a
  // folder, or the reader of a named pipe), exhausted or invalid; the detail names the path.
  static Result<std::unique_ptr<LogFile>> open(LogTarget target);

  // A line in two pieces, '\n' at its end.
  void append(std::string_view first, std::string_view second);
  // Writes what can be written now. Waits at most for a disk.
  void flush();
  bool has_pending() const { return written_ < pending_.size(); }
  // Opens the path anew, for log rotation; the old file stays where that fails.
  Result<void> reopen();

  const LogTarget& target() const { return target_; }
  // From any thread: lines that were lost here, and failed writes.
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  uint64_t write_errors() const { return write_errors_.load(std::memory_order_relaxed); }
  int last_error() const { return last_error_; }  // an errno, or 0

 private:
  explicit LogFile(LogTarget target) : target_(std::move(target)) {}
  Result<void> open_path();
  void look_at_kind();
  int number() const;
  size_t next_size() const;
  void give_up(int error);

  LogTarget target_;
  Descriptor file_;         // of a path; the standard ones are not ours to close
  bool may_block_ = false;  // a pipe, socket or terminal
  bool is_torn_ = false;    // a line was cut in its middle
  std::string pending_;
  size_t written_ = 0;  // of pending_
  int last_error_ = 0;
  std::atomic<uint64_t> dropped_{0};
  std::atomic<uint64_t> write_errors_{0};
};

}  // namespace fairlead::net

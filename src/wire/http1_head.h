// HTTP/1 heads: the request or status line and the fields behind it (RFC 9112), read strictly.
//
// Request smuggling is decided here: what two readers could understand differently is refused, not
// repaired. The parser fills views into the caller's bytes and copies nothing. Framing, persistence
// and the target's form are worked out on the way, so that nobody upstairs reads those fields again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/http1_fields.h"

namespace fairlead::wire::http1 {

struct Limits {
  uint32_t max_head = 64 * 1024;    // bytes of start line and fields with their line ends
  uint32_t max_line = 64 * 1024;    // bytes of the start line
  uint32_t max_fields = 200;        // at most kMostFields
};

// What stands behind a head.
enum class Framing : uint8_t {
  none,          // no body
  length,        // content_length bytes
  chunked,
  until_close,   // responses only
};

enum class Method : uint8_t { get, head, post, put, delete_, connect, options, trace, patch, other };

// RFC 9110 9.2.1: safe to send twice.
bool is_idempotent(Method method);

enum class TargetForm : uint8_t { origin, absolute, authority, asterisk };

struct RequestHead {
  Method method = Method::other;
  std::string_view method_text;
  std::string_view target;        // as sent
  TargetForm form = TargetForm::origin;
  std::string_view scheme;        // of an absolute form; else empty
  std::string_view authority;     // host and port: of an absolute form (RFC 9112 3.2.2), else the Host field
  std::string_view path;          // raw; "/" where an absolute form has none; "*" for asterisk
  std::string_view query;         // raw, without its '?'
  bool has_query = false;
  uint8_t minor = 1;              // HTTP/1.minor
  bool keep_alive = true;         // by version and Connection
  bool expect_continue = false;   // and HTTP/1.1
  bool upgrade = false;           // Upgrade with "Connection: upgrade", HTTP/1.1
  Framing framing = Framing::none;
  uint64_t content_length = 0;
  Fields fields;
};

struct ResponseHead {
  uint16_t status = 0;
  std::string_view reason;
  uint8_t minor = 1;
  bool keep_alive = true;
  bool upgrade = false;
  Framing framing = Framing::none;
  uint64_t content_length = 0;
  bool has_content_length = false;   // also where framing is none: a 304 or the answer to HEAD
  Fields fields;
};

enum class Fault : uint8_t {
  none,
  malformed,            // 400, or 502 towards a backend
  line_too_long,        // 414
  head_too_large,       // 431
  unsupported_coding,   // 501: a transfer coding that is not exactly chunked
  unsupported_version,  // 505
};

struct Parsed {
  enum class State : uint8_t { complete, incomplete, fault };
  State state = State::incomplete;
  Fault fault = Fault::none;
  size_t size = 0;                // complete: bytes of the head, the empty line included
  const char* detail = "";        // fault: what was wrong, a constant; for the log and the answer
};

// Reads one head from the start of growing bytes. One per message; a fault is final.
//
// Legal order of calls: (parse)* reset, as more bytes arrive behind the same prefix. Never reads
// a byte more than twice over all calls, and reports a fault as soon as the bytes that are at fault
// are there (a bare LF is not waited out). Cost: no allocation.
class HeadParser {
 public:
  explicit HeadParser(const Limits& limits) : limits_(limits) {}

  // `bytes` begins with all that earlier calls were given, at the same or another place in memory.
  // When complete, `head` views `bytes`. Empty lines before a request line are refused but for one
  // CRLF (RFC 9112 2.2).
  Parsed parse(std::string_view bytes, RequestHead& head);

  // `request_method` decides what may follow (RFC 9112 6.3). A 1xx head is complete by itself.
  Parsed parse(std::string_view bytes, Method request_method, ResponseHead& head);

  void reset() { scanned_ = 0; }

 private:
  Limits limits_;
  uint32_t scanned_ = 0;          // bytes known to hold no end of head and no fault in line ends
};

}  // namespace fairlead::wire::http1

// HTTP/1 heads: the request or status line and the fields behind it (RFC 9112), read strictly.
//
// Request smuggling is decided here: what two readers could understand differently is refused, not
// repaired. The parser fills views into the caller's bytes and copies nothing. Framing, persistence
// and the target's form are worked out on the way, so that nobody upstairs reads those fields
// again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/http1_fields.h"

namespace fairlead::wire::http1 {

class HeadFacts;
class Scan;

// The defaults are the parser's own; a listener's stand in core/config/config.h.
struct Limits {
  uint32_t max_head = 64 * 1024;  // bytes of start line and fields with their line ends
  uint32_t max_line = 64 * 1024;  // bytes of the start line
  uint32_t max_fields = 200;      // at most kMostFields
};

// What stands behind a head.
enum class Framing : uint8_t {
  none,    // no body
  length,  // content_length bytes
  chunked,
  until_close,  // responses only
};

enum class Method : uint8_t {
  get,
  head,
  post,
  put,
  delete_,
  connect,
  options,
  trace,
  patch,
  other
};

// Case-sensitive; `other` for one without a name here.
Method method_of(std::string_view text);

// RFC 9110 9.2.2: the same is meant by sending it once and several times.
bool is_idempotent(Method method);

enum class TargetForm : uint8_t { origin, absolute, authority, asterisk };

struct RequestHead {
  Method method = Method::other;
  std::string_view method_text;
  std::string_view target;  // as sent
  TargetForm form = TargetForm::origin;
  std::string_view scheme;  // of an absolute form; else empty
  std::string_view
      authority;  // host and port: of an absolute form (RFC 9112 3.2.2), else the Host field
  std::string_view path;   // raw; "/" where an absolute form has none; "*" for asterisk
  std::string_view query;  // raw, without its '?'
  bool has_query = false;
  uint8_t minor = 1;             // HTTP/1.minor
  bool keep_alive = true;        // by version and Connection
  bool expect_continue = false;  // and HTTP/1.1
  bool upgrade = false;          // Upgrade with "Connection: upgrade", HTTP/1.1
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
  bool has_content_length = false;  // also where framing is none: a 304 or the answer to HEAD
  Fields fields;
};

enum class Fault : uint8_t {
  none,
  malformed,            // 400, or 502 towards a backend
  line_too_long,        // 414
  head_too_large,       // 431
  unsupported_coding,   // 501: a transfer coding that is not exactly chunked
  unsupported_version,  // 505
  unsupported_protocol,  // 501: an extended CONNECT (RFC 8441) for anything but WebSocket
};

struct Parsed {
  enum class State : uint8_t { complete, incomplete, fault };
  State state = State::incomplete;
  Fault fault = Fault::none;
  size_t size = 0;          // complete: bytes of the head, the empty line included
  const char* detail = "";  // fault: what was wrong, a constant; for the log and the answer
};

// Reads one head from the start of growing bytes. One per message; a fault is final.
//
// Legal order of calls: (parse)* reset, as more bytes arrive behind the same prefix. Reports a
// fault as soon as the bytes that are at fault are there: within a line a control or a bare LF, at
// the end of a line what is wrong with it, at the end of the head what the fields say together. The
// same bytes give the same answer however they are split. Cost: no allocation; linear over all
// calls.
class HeadParser {
 public:
  explicit HeadParser(const Limits& limits) : limits_(limits) {}

  // `bytes` begins with all that earlier calls were given, at the same or another place in memory.
  // When complete, `head` views `bytes`; until then what it holds means nothing, and it may be
  // another one at each call. Empty lines before a request line are refused but for one
  // CRLF (RFC 9112 2.2).
  Parsed parse(std::string_view bytes, RequestHead& head);

  // `request_method` decides what may follow (RFC 9112 6.3). A 1xx head is complete by itself.
  Parsed parse(std::string_view bytes, Method request_method, ResponseHead& head);

  void reset() { line_ = looked_ = known_fields_ = 0; }

 private:
  template <typename Head>
  Parsed parse_head(std::string_view bytes, Method request_method, Head& head);
  template <typename Head>
  Parsed parse_lines(std::string_view bytes, Method request_method, Head& head);
  template <typename Head>
  Parsed parse_start_line(Scan& scan, Head& head);
  Parsed parse_fields(Scan& scan, HeadFacts& facts, Fields& fields);

  Limits limits_;
  uint32_t line_ = 0;          // where the first incomplete line begins; those before are right
  uint32_t looked_ = 0;        // up to here that line holds no fault and no end
  uint16_t known_fields_ = 0;  // in the lines before line_
  bool resumed_ = false;       // this look began at line_, not at 0
};

}  // namespace fairlead::wire::http1

// Reads responses of a known length and refuses every other: wrong status, length or content.
//
// Where it stands: in each HTTP client of the generator. It knows Content-Length and nothing else,
// since that is all the backend sends; a proxy that changes the framing is an error here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fairlead::bench {

class ResponseReader {
 public:
  // `body` is what every response must carry; it outlives the reader.
  explicit ResponseReader(std::string_view body) : body_(body) {}

  enum class Verdict { incomplete, complete, wrong };

  // Takes the next bytes of the stream. After `complete` the reader is ready for the next response;
  // bytes beyond one response are `wrong`, because nothing was asked for.
  Verdict take(std::string_view bytes);

  // Bytes of the body still to come once the head is read; 0 before.
  size_t missing() const { return in_body_ ? body_.size() - seen_ : 0; }

  // Counts `length` bytes of the body that were thrown away unread. REQUIRES: length <= missing().
  Verdict skip(size_t length);

  // What was wrong; one sentence.
  const std::string& reason() const { return reason_; }

 private:
  Verdict refuse(std::string why);
  Verdict take_body(std::string_view bytes);
  bool head_is_right(std::string_view head);

  std::string_view body_;
  std::string partial_;  // a head that came in pieces
  std::string reason_;
  size_t seen_ = 0;
  bool in_body_ = false;
};

}  // namespace fairlead::bench

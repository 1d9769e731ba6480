// HTTP/1.1 as the simulated peers speak it: a small, slow, strict reader of its own.
//
// Not the product's decoder, on purpose: it is the other opinion on what came over the wire. It
// knows what our peers and Fairlead send, and calls everything else nonsense.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::sim {

struct Message {
  std::string start;  // "GET /1 HTTP/1.1" or "HTTP/1.1 200 OK"
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  std::string body;

  std::string field(std::string_view name) const;  // the first one; empty where there is none
  int status() const;                              // of a response; 0 of anything else
  std::string method() const;
};

class MessageReader {
 public:
  enum class Kind { request, response };
  enum class State {
    more,      // nothing new: bytes are missing
    head,      // head() is there, its body is still to come
    complete,  // message() is whole and taken off
    nonsense,  // not HTTP/1.1 as we know it
  };

  explicit MessageReader(Kind kind) : kind_(kind) {}

  void feed(std::string_view bytes) { bytes_ += bytes; }
  // Each message gives `head` once, then `complete` once (both without further bytes where it is
  // there). `no_body`: of the next response, for HEAD.
  State next(bool no_body = false);

  const Message& message() const { return message_; }
  // Whether anything of a message that is not complete has come.
  bool is_inside() const { return has_head_ || !bytes_.empty(); }
  std::string_view problem() const { return problem_; }

 private:
  bool take_head();
  State take_body();
  State take_chunks();
  State complain(std::string_view problem);

  Kind kind_;
  std::string bytes_;
  Message message_;
  bool has_head_ = false;
  bool no_body_ = false;
  std::string problem_;
};

// The bytes that belong to `id`: `size` of them, different for each id.
std::string pattern(std::string_view id, size_t size);

// A body in chunks of at most `chunk` bytes, with the last one.
std::string in_chunks(std::string_view body, size_t chunk);

}  // namespace fairlead::sim

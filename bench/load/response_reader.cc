#include "response_reader.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace fairlead::bench {
namespace {

// The value of Content-Length in the lines of `head`, or -1.
long content_length(std::string_view head) {
  constexpr std::string_view name = "content-length:";
  while (!head.empty()) {
    size_t end = head.find('\n');
    std::string_view line = head.substr(0, end);
    if (line.size() > name.size() && strncasecmp(line.data(), name.data(), name.size()) == 0) {
      line.remove_prefix(name.size());
      line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
      long value = -1;
      std::from_chars(line.data(), line.data() + line.size(), value);
      return value;
    }
    head = end == head.npos ? "" : head.substr(end + 1);
  }
  return -1;
}

}  // namespace

ResponseReader::Verdict ResponseReader::refuse(std::string why) {
  reason_ = std::move(why);
  return Verdict::wrong;
}

bool ResponseReader::head_is_right(std::string_view head) {
  if (!head.starts_with("HTTP/1.1 200 ")) {
    refuse("status line: " + std::string(head.substr(0, head.find('\r'))));
  } else if (content_length(head) != static_cast<long>(body_.size())) {
    refuse("content-length " + std::to_string(content_length(head)) + ", expected " +
           std::to_string(body_.size()));
  } else {
    return true;
  }
  return false;
}

ResponseReader::Verdict ResponseReader::take(std::string_view bytes) {
  if (in_body_) return take_body(bytes);
  if (!partial_.empty()) {
    partial_ += bytes;
    bytes = partial_;
  }
  size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) {
    if (partial_.empty()) partial_ = bytes;
    return partial_.size() > 16384 ? refuse("no end of the head in 16 KiB") : Verdict::incomplete;
  }
  if (!head_is_right(bytes.substr(0, end))) return Verdict::wrong;
  in_body_ = true;
  seen_ = 0;
  Verdict verdict = take_body(bytes.substr(end + 4));
  partial_.clear();
  return verdict;
}

ResponseReader::Verdict ResponseReader::take_body(std::string_view bytes) {
  if (bytes.size() > missing()) return refuse("bytes after the end of the response");
  if (bytes != body_.substr(seen_, bytes.size())) return refuse("the body has other content");
  return skip(bytes.size());
}

ResponseReader::Verdict ResponseReader::skip(size_t length) {
  seen_ += length;
  if (seen_ < body_.size()) return Verdict::incomplete;
  in_body_ = false;
  return Verdict::complete;
}

}  // namespace fairlead::bench

#include "sim/http_talk.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace fairlead::sim {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower;
}

std::optional<size_t> parse_size(std::string_view text, int base) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string Message::field(std::string_view name) const {
  const auto found = std::ranges::find(
      fields, name, [](const auto& field) -> std::string_view { return field.first; });
  return found == fields.end() ? "" : found->second;
}

int Message::status() const {
  if (!start.starts_with("HTTP/1.1 ") || start.size() < 12) return 0;
  return static_cast<int>(parse_size(start.substr(9, 3), 10).value_or(0));
}

std::string Message::method() const { return start.substr(0, start.find(' ')); }

MessageReader::State MessageReader::complain(std::string_view problem) {
  problem_ = problem;
  return State::nonsense;
}

MessageReader::State MessageReader::next(bool no_body) {
  if (!problem_.empty()) return State::nonsense;
  if (has_head_) return take_body();
  no_body_ = no_body;
  if (!bytes_.contains("\r\n\r\n")) return State::more;
  message_ = {};
  if (!take_head()) return complain("a head that cannot be read");
  has_head_ = true;
  return State::head;
}

bool MessageReader::take_head() {
  const size_t end = bytes_.find("\r\n\r\n");
  std::string_view head = std::string_view(bytes_).substr(0, end + 2);
  bool is_first = true;
  while (!head.empty()) {
    const size_t line_end = head.find(kLineEnd);
    const std::string_view line = head.substr(0, line_end);
    head.remove_prefix(line_end + 2);
    if (is_first) {
      message_.start = line;
      is_first = false;
      continue;
    }
    const size_t colon = line.find(": ");
    const size_t bare = line.ends_with(':') ? line.size() - 1 : line.npos;
    if (colon == line.npos && bare == line.npos) return false;
    const size_t at = std::min(colon, bare);
    message_.fields.emplace_back(to_lower(line.substr(0, at)),
                                 line.substr(std::min(at + 2, line.size())));
  }
  bytes_.erase(0, end + 4);
  return kind_ == Kind::request ? message_.start.ends_with(" HTTP/1.1") : message_.status() >= 100;
}

MessageReader::State MessageReader::take_body() {
  const int status = message_.status();
  const bool is_bodiless =
      no_body_ || (kind_ == Kind::response && (status < 200 || status == 204 || status == 304));
  const std::string length_text = message_.field("content-length");
  const std::string coding = message_.field("transfer-encoding");
  if (!is_bodiless && !coding.empty()) {
    if (coding != "chunked" || !length_text.empty()) return complain("ambiguous framing");
    return take_chunks();
  }
  size_t length = 0;
  if (!is_bodiless && !length_text.empty()) {
    const auto given = parse_size(length_text, 10);
    if (!given) return complain("a length that is no number");
    length = *given;
  } else if (!is_bodiless && kind_ == Kind::response) {
    return complain("a response without framing");
  }
  if (bytes_.size() < length) return State::more;
  message_.body = bytes_.substr(0, length);
  bytes_.erase(0, length);
  has_head_ = false;
  return State::complete;
}

// From the first chunk each time: bodies here are small.
MessageReader::State MessageReader::take_chunks() {
  std::string body;
  size_t at = 0;
  while (true) {
    const size_t line_end = bytes_.find(kLineEnd, at);
    if (line_end == bytes_.npos) return State::more;
    const auto size = parse_size(std::string_view(bytes_).substr(at, line_end - at), 16);
    if (!size) return complain("a chunk size that is no number");
    at = line_end + 2;
    if (bytes_.size() < at + *size + 2) return State::more;
    if (bytes_.compare(at + *size, 2, kLineEnd) != 0) return complain("a chunk without its end");
    body += std::string_view(bytes_).substr(at, *size);
    at += *size + 2;
    if (*size == 0) break;
  }
  message_.body = std::move(body);
  bytes_.erase(0, at);
  has_head_ = false;
  return State::complete;
}

std::string pattern(std::string_view id, size_t size) {
  std::string bytes;
  bytes.reserve(size + id.size() + 16);
  for (size_t i = 0; bytes.size() < size; ++i) {
    bytes += id;
    bytes += fmt::format(":{};", i);
  }
  bytes.resize(size);
  return bytes;
}

std::string in_chunks(std::string_view body, size_t chunk) {
  std::string bytes;
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, chunk);
    bytes += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
    body.remove_prefix(piece.size());
  }
  return bytes + "0\r\n\r\n";
}

}  // namespace fairlead::sim

// For tests: feeds a text whole, byte by byte and split at random, and says in words what was read.
//
// Every piece is a fresh allocation of exactly its size, so that AddressSanitizer sees any byte
// read outside and any view left behind in an earlier piece.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "wire/http1_chunked.h"
#include "wire/http1_head.h"

namespace fairlead::wire::http1 {

// One way to cut a text: how many bytes are there at each call.
using Cuts = std::vector<size_t>;

inline std::vector<Cuts> ways_to_cut(size_t size, uint64_t seed, int random_ways = 5) {
  std::vector<Cuts> ways = {{size}, {}};
  for (size_t i = 0; i <= size; ++i) ways[1].push_back(i);
  Random random(seed);
  for (int way = 0; way < random_ways; ++way) {
    Cuts cuts;
    for (size_t at = 0; at < size;) {
      at = std::min(size, at + 1 + random.below(random.below(3) == 0 ? 40 : 9));
      cuts.push_back(at);
    }
    if (cuts.empty()) cuts.push_back(0);
    ways.push_back(cuts);
  }
  return ways;
}

// A copy on the heap without a byte to spare.
struct ExactCopy {
  explicit ExactCopy(std::string_view text) : data(new char[text.size()]), size(text.size()) {
    std::memcpy(data.get(), text.data(), text.size());
  }
  std::string_view view() const { return {data.get(), size}; }
  std::unique_ptr<char[]> data;
  size_t size;
};

inline std::string shown(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\r')
      out += "\\r";
    else if (c == '\n')
      out += "\\n";
    else if (static_cast<uint8_t>(c) < 0x20 || static_cast<uint8_t>(c) > 0x7e)
      out += "\\x" + std::string(1, "0123456789abcdef"[static_cast<uint8_t>(c) / 16]) +
             "0123456789abcdef"[static_cast<uint8_t>(c) % 16];
    else
      out += c;
  }
  return out + "'";
}

inline std::string describe(const Fields& fields) {
  std::string out;
  for (const Field& field : fields.all()) {
    out += " " + shown(field.name) + "=" + shown(field.value) + "/" +
           std::to_string(static_cast<int>(field.id)) + (field.hop_by_hop ? "h" : "");
  }
  return out;
}

inline std::string describe(const RequestHead& head) {
  return shown(head.method_text) + std::to_string(static_cast<int>(head.method)) + " " +
         shown(head.target) + std::to_string(static_cast<int>(head.form)) + " " +
         shown(head.scheme) + shown(head.authority) + shown(head.path) + shown(head.query) +
         std::to_string(head.has_query) + " 1." + std::to_string(head.minor) + " " +
         std::to_string(head.keep_alive) + std::to_string(head.expect_continue) +
         std::to_string(head.upgrade) + " " + std::to_string(static_cast<int>(head.framing)) + ":" +
         std::to_string(head.content_length) + describe(head.fields);
}

inline std::string describe(const ResponseHead& head) {
  return std::to_string(head.status) + shown(head.reason) + " 1." + std::to_string(head.minor) +
         " " + std::to_string(head.keep_alive) + std::to_string(head.upgrade) + " " +
         std::to_string(static_cast<int>(head.framing)) + ":" +
         std::to_string(head.content_length) + std::to_string(head.has_content_length) +
         describe(head.fields);
}

template <typename Head>
std::string describe(const Parsed& parsed, const Head& head) {
  switch (parsed.state) {
    case Parsed::State::incomplete: return "incomplete";
    case Parsed::State::complete: return std::to_string(parsed.size) + " " + describe(head);
    case Parsed::State::fault: break;
  }
  return "fault " + std::to_string(static_cast<int>(parsed.fault)) + " " + parsed.detail;
}

// The answer to bytes that arrive as `cuts` say; `look` calls the parser.
template <typename Head, typename Look>
std::string answer_to(std::string_view text, const Cuts& cuts, Head& head, Look look) {
  Parsed parsed;
  for (const size_t cut : cuts) {
    const ExactCopy piece(text.substr(0, cut));
    parsed = look(piece.view());
    if (parsed.state != Parsed::State::incomplete) return describe(parsed, head);
  }
  return describe(parsed, head);
}

inline std::string feed_request(std::string_view text, const Cuts& cuts, const Limits& limits) {
  static RequestHead head;
  HeadParser parser(limits);
  return answer_to(text, cuts, head,
                   [&](std::string_view bytes) { return parser.parse(bytes, head); });
}

inline std::string feed_response(std::string_view text, const Cuts& cuts, Method method) {
  static ResponseHead head;
  HeadParser parser(Limits{});
  return answer_to(text, cuts, head,
                   [&](std::string_view bytes) { return parser.parse(bytes, method, head); });
}

// The one answer, however the text is cut.
inline std::string answer_to_request(std::string_view text, const Limits& limits = {}) {
  const std::string whole = feed_request(text, {text.size()}, limits);
  for (const Cuts& cuts : ways_to_cut(text.size(), text.size()))
    EXPECT_EQ(feed_request(text, cuts, limits), whole) << shown(text);
  return whole;
}

inline std::string answer_to_response(std::string_view text, Method method = Method::get) {
  const std::string whole = feed_response(text, {text.size()}, method);
  for (const Cuts& cuts : ways_to_cut(text.size(), text.size()))
    EXPECT_EQ(feed_response(text, cuts, method), whole) << shown(text);
  return whole;
}

// What a chunked body is in the end: "end|fault|more", bytes taken, payload, trailers.
inline std::string feed_chunked(std::string_view text, const Cuts& cuts) {
  using State = ChunkedDecoder::Step::State;
  ChunkedDecoder decoder;
  std::string payload;
  size_t taken = 0;
  ChunkedDecoder::Step step;
  for (const size_t cut : cuts) {
    ExactCopy piece(text.substr(taken, cut - std::min(cut, taken)));
    step = decoder.decode({piece.data.get(), piece.size});
    EXPECT_LE(step.payload, step.consumed);
    payload.append(piece.data.get(), step.payload);
    taken += step.consumed;
    if (step.state != State::more) break;
    EXPECT_EQ(step.consumed, piece.size);
  }
  const char* state = step.state == State::more  ? "more"
                      : step.state == State::end ? "end"
                                                 : "fault";
  return std::string(state) + " " + std::to_string(taken) + " " + shown(payload) + " " +
         shown(step.state == State::end ? decoder.trailers() : "") + " " + step.detail;
}

inline std::string answer_to_chunked(std::string_view text) {
  const std::string whole = feed_chunked(text, {text.size()});
  for (const Cuts& cuts : ways_to_cut(text.size(), text.size()))
    EXPECT_EQ(feed_chunked(text, cuts), whole) << shown(text);
  return whole;
}

}  // namespace fairlead::wire::http1

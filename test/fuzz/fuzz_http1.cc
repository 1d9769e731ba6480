// Fuzzes what strangers send first: request heads, response heads, chunked bodies, paths.
//
// The first byte of an input says which decoder reads the rest, the second seeds how it is cut.
// Each input is read whole and in pieces; both must answer alike, every view must lie inside the
// input, and what the head says must hold together. A body or path is checked the same way.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "wire/http1_chunked.h"
#include "wire/http1_head.h"
#include "wire/http1_write.h"
#include "wire/uri_path.h"

namespace fairlead::wire::http1 {
namespace {

// A copy without a byte to spare, so that AddressSanitizer sees every byte read outside.
struct Piece {
  explicit Piece(std::string_view text) : data(new char[text.size()]), size(text.size()) {
    if (size != 0) std::memcpy(data.get(), text.data(), size);
  }
  std::string_view view() const { return {data.get(), size}; }
  std::unique_ptr<char[]> data;
  size_t size;
};

void check_inside(std::string_view view, std::string_view input) {
  if (view.empty()) return;
  CHECK(view.data() >= input.data() && view.data() + view.size() <= input.data() + input.size());
}

bool holds(std::string_view text, std::string_view set) {
  return text.find_first_of(set) != std::string_view::npos;
}

constexpr std::string_view kLineBreaks("\r\n\0", 3);

size_t count(const Fields& fields, FieldId id) {
  return static_cast<size_t>(
      std::ranges::count_if(fields.all(), [id](const Field& field) { return field.id == id; }));
}

void check_fields(const Fields& fields, std::string_view input) {
  for (const Field& field : fields.all()) {
    check_inside(field.name, input);
    check_inside(field.value, input);
    CHECK(!field.name.empty() && !holds(field.name, " \t:"));
    CHECK(!holds(field.name, kLineBreaks) && !holds(field.value, kLineBreaks));
    CHECK(field.id == field_id(field.name));
  }
  const size_t lengths = count(fields, FieldId::content_length);
  const size_t codings = count(fields, FieldId::transfer_encoding);
  CHECK(lengths + codings <= 1);
}

void check_framing(Framing framing, const Fields& fields) {
  if (framing == Framing::length) CHECK(fields.find(FieldId::content_length));
  if (framing == Framing::chunked) {
    const auto coding = fields.find(FieldId::transfer_encoding);
    CHECK(coding && equals_ignoring_case(*coding, "chunked"));
  }
}

void check(const RequestHead& head, std::string_view input) {
  check_fields(head.fields, input);
  check_framing(head.framing, head.fields);
  CHECK(head.framing != Framing::until_close);
  CHECK(head.minor <= 1 && count(head.fields, FieldId::host) <= 1);
  CHECK(head.minor == 0 || count(head.fields, FieldId::host) == 1);
  check_inside(head.target, input);
  check_inside(head.authority, input);
  check_inside(head.query, input);
  CHECK(!holds(head.target, " #") && !holds(head.target, kLineBreaks));
  CHECK(!holds(head.authority, "@/?#, ") && !holds(head.path, "?"));
  const bool has_path = head.form == TargetForm::origin || head.form == TargetForm::absolute;
  CHECK(!has_path || head.path.starts_with('/'));
  CHECK(head.framing != Framing::none || !head.fields.find(FieldId::content_length));
}

void check(const ResponseHead& head, std::string_view input) {
  check_fields(head.fields, input);
  check_framing(head.framing, head.fields);
  CHECK(head.status >= 100 && head.status <= 599);
  CHECK(!holds(head.reason, kLineBreaks));
  CHECK(head.framing != Framing::until_close || !head.keep_alive);
  CHECK((head.status >= 200 && head.status != 204 && head.status != 304) ||
        head.framing == Framing::none);
}

// Everything in the head as text, to compare two readings.
std::string summary(const RequestHead& head) {
  std::string text(head.method_text);
  for (const std::string_view part :
       {head.target, head.scheme, head.authority, head.path, head.query}) {
    text.append("|").append(part);
  }
  text += std::to_string(static_cast<int>(head.form)) + std::to_string(head.minor) +
          std::to_string(head.keep_alive) + std::to_string(head.expect_continue) +
          std::to_string(head.upgrade);
  return text;
}

std::string summary(const ResponseHead& head) {
  return std::to_string(head.status) + "|" + std::string(head.reason) + std::to_string(head.minor) +
         std::to_string(head.keep_alive) + std::to_string(head.upgrade) +
         std::to_string(head.has_content_length);
}

template <typename Head>
std::string answer(const Parsed& parsed, const Head& head) {
  std::string text = std::to_string(static_cast<int>(parsed.state)) +
                     std::to_string(static_cast<int>(parsed.fault)) + parsed.detail;
  if (parsed.state != Parsed::State::complete) return text;
  text += std::to_string(parsed.size) + "|" + summary(head) + "|" +
          std::to_string(static_cast<int>(head.framing)) + std::to_string(head.content_length);
  for (const Field& field : head.fields.all()) {
    text.append("|").append(field.name).append(":").append(field.value);
    text += std::to_string(static_cast<int>(field.id)) + std::to_string(field.hop_by_hop);
  }
  return text;
}

// The cuts of one reading: the sizes at which the bytes are there.
std::vector<size_t> cut(size_t size, Random& random) {
  std::vector<size_t> cuts;
  const uint32_t longest = 1 + random.below(64);
  for (size_t at = 0; at < size;) {
    at = std::min<size_t>(size, at + 1 + random.below(longest));
    cuts.push_back(at);
  }
  if (cuts.empty()) cuts.push_back(0);
  return cuts;
}

template <typename Head, typename Look>
std::string read_head(std::string_view text, const std::vector<size_t>& cuts, Look look) {
  static Head head;
  Parsed parsed;
  for (const size_t size : cuts) {
    const Piece piece(text.substr(0, size));
    parsed = look(piece.view(), head);
    if (parsed.state == Parsed::State::incomplete) continue;
    if (parsed.state == Parsed::State::complete) {
      CHECK(parsed.size <= size);
      check(head, piece.view());
    } else {
      CHECK(parsed.fault != Fault::none && *parsed.detail != '\0');
    }
    return answer(parsed, head);
  }
  return answer(parsed, head);
}

void fuzz_request(std::string_view text, const Limits& limits, Random& random) {
  const auto read = [&](const std::vector<size_t>& cuts) {
    HeadParser parser(limits);
    return read_head<RequestHead>(text, cuts, [&](std::string_view bytes, RequestHead& head) {
      return parser.parse(bytes, head);
    });
  };
  CHECK(read({text.size()}) == read(cut(text.size(), random)));
}

void fuzz_response(std::string_view text, Method method, Random& random) {
  const auto read = [&](const std::vector<size_t>& cuts) {
    HeadParser parser(Limits{});
    return read_head<ResponseHead>(text, cuts, [&](std::string_view bytes, ResponseHead& head) {
      return parser.parse(bytes, method, head);
    });
  };
  CHECK(read({text.size()}) == read(cut(text.size(), random)));
}

std::string read_body(std::string_view text, const std::vector<size_t>& cuts) {
  ChunkedDecoder decoder;
  std::string out;
  size_t taken = 0;
  for (const size_t size : cuts) {
    Piece piece(text.substr(taken, size - taken));
    const auto step = decoder.decode({piece.data.get(), piece.size});
    CHECK(step.payload <= step.consumed && step.consumed <= piece.size);
    out.append(piece.data.get(), step.payload);
    taken += step.consumed;
    if (step.state == ChunkedDecoder::Step::State::more) {
      CHECK(step.consumed == piece.size);
      continue;
    }
    out += "|" + std::to_string(static_cast<int>(step.state)) + step.detail +
           std::string(decoder.trailers());
    break;
  }
  return out + "|" + std::to_string(taken);
}

void fuzz_path(std::string_view text, EncodedSlash slash) {
  const Piece input("/" + std::string(text));
  const Piece storage(input.view());
  const NormalPath normal = normalise_path(input.view(), {storage.data.get(), storage.size}, slash);
  CHECK((normal.fault == PathFault::none) == !normal.path.empty());
  if (normal.fault != PathFault::none) return;
  CHECK(normal.path.starts_with('/') && !holds(normal.path, "\\ #?"));
  CHECK(normal.path.find("//") == std::string_view::npos);
  CHECK(normal.path.find("/../") == std::string_view::npos);
  CHECK(normal.path.find("/./") == std::string_view::npos);
  // Done twice is done once.
  const Piece again(normal.path);
  const Piece room(normal.path);
  const NormalPath twice = normalise_path(again.view(), {room.data.get(), room.size}, slash);
  CHECK(twice.fault == PathFault::none && twice.path == normal.path);
  CHECK(twice.path.data() == again.data.get());
}

// No value gets a second line into a head.
void fuzz_write(std::string_view text) {
  char out[512];
  HeadWriter writer(out);
  writer.status_line(200, "OK").field("x", text);
  const std::string_view head = writer.finish();
  if (head.empty()) return;
  CHECK(std::ranges::count(head, '\n') == 3 && !holds(text, kLineBreaks));
}

void fuzz(uint8_t kind, uint64_t seed, std::string_view text) {
  Random random(seed);
  switch (kind % 8) {
    case 0: return fuzz_request(text, {}, random);
    case 1: return fuzz_request(text, {.max_head = 200, .max_line = 50, .max_fields = 4}, random);
    case 2: return fuzz_response(text, Method::get, random);
    case 3: return fuzz_response(text, Method::head, random);
    case 4:
      CHECK(read_body(text, {text.size()}) == read_body(text, cut(text.size(), random)));
      return;
    case 5: return fuzz_path(text, EncodedSlash::refuse);
    case 6: return fuzz_path(text, EncodedSlash::keep);
    case 7: return fuzz_write(text);
  }
}

}  // namespace
}  // namespace fairlead::wire::http1

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  fairlead::wire::http1::fuzz(data[0], data[1], text);
  return 0;
}

#include "core/hash_key.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fairlead::core {
namespace {

struct Word {
  std::string_view text;
  KeyPart part;
  bool named;
};
constexpr std::array<Word, 11> kWords = {{{"client_ip", KeyPart::client_ip, false},
                                          {"five_tuple", KeyPart::five_tuple, false},
                                          {"header", KeyPart::header, true},
                                          {"cookie", KeyPart::cookie, true},
                                          {"query", KeyPart::query, true},
                                          {"path", KeyPart::path, false},
                                          {"path_segment", KeyPart::path_segment, true},
                                          {"host", KeyPart::host, false},
                                          {"sni", KeyPart::sni, false},
                                          {"body", KeyPart::body, true},
                                          {"none", KeyPart::none, false}}};

// RFC 9110 5.6.2, a token: what names of fields and cookies are made of.
bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.contains(c);
  });
}

// Of a parameter nothing is decoded, so a name is what stands before the `=`.
bool is_parameter(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7f && c != '&' && c != '=' && c != '#';
  });
}

std::string_view parameter_of(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == query.npos ? std::string_view() : query.substr(end + 1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
  }
  return {};
}

// A whole number without zeros in front; 0: it is none, or too large.
uint32_t segment_number(std::string_view text) {
  uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  const bool good = read.ec == std::errc{} && read.ptr == end && !text.starts_with('0');
  return good && number <= kMostSegments ? number : 0;
}

// RFC 6901 3, but the empty one: a whole body is no key.
bool is_pointer(std::string_view text) {
  if (!text.starts_with('/')) return false;
  for (size_t at = text.find('~'); at != text.npos; at = text.find('~', at + 1)) {
    if (!text.substr(at).starts_with("~0") && !text.substr(at).starts_with("~1")) return false;
  }
  return true;
}

// What is wrong with what stands behind the colon; "": nothing.
std::string_view wrong_name(KeyPart part, std::string_view name) {
  switch (part) {
    case KeyPart::query: return is_parameter(name) ? "" : "what stands behind the colon is no name";
    case KeyPart::path_segment:
      return segment_number(name) > 0 ? "" : "behind the colon stands a number from 1 to 32";
    case KeyPart::body:
      return is_pointer(name) ? "" : "behind the colon stands a JSON pointer, such as `/room/id`";
    default: return is_token(name) ? "" : "what stands behind the colon is no name";
  }
}

void append(std::string_view bytes, char*& into) {
  std::memcpy(into, bytes.data(), bytes.size());
  into += bytes.size();
}

void append(const Ip& ip, uint16_t port, char*& into) {
  append({reinterpret_cast<const char*>(ip.bytes().data()), ip.bytes().size()}, into);
  *into++ = static_cast<char>(port >> 8);
  *into++ = static_cast<char>(port);
}

// Client, its port, our address, our port. The fifth, the protocol, is the same for all that comes
// to one listener.
Key five_tuple_key(const KeyFacts& facts) {
  std::array<char, 36> bytes{};
  char* end = bytes.data();
  const Address local = facts.local();
  append(facts.client(), facts.client_port(), end);
  append(local.ip(), local.port(), end);
  return key_of(std::string_view(bytes.data(), bytes.size()));
}

std::string_view value_of(const KeySource& source, const KeyFacts& facts) {
  switch (source.part) {
    case KeyPart::header: return facts.header(source.name);
    case KeyPart::cookie: return facts.cookie(source.name);
    case KeyPart::query: return parameter_of(facts.query(), source.name);
    case KeyPart::path: return facts.path();
    case KeyPart::path_segment: return segment_of(facts.path(), segment_number(source.name));
    case KeyPart::host: return facts.host();
    case KeyPart::sni: return facts.sni();
    default: return {};
  }
}

Key key_by(const KeySource& source, const KeyFacts& facts) {
  if (source.part == KeyPart::none) return {};
  if (source.part == KeyPart::client_ip) return key_of(facts.client());
  if (source.part == KeyPart::five_tuple) return five_tuple_key(facts);
  if (source.part == KeyPart::body) {
    const auto text = facts.body(source.name);
    return !text || text->empty() ? Key{} : key_of(*text);
  }
  const std::string_view value = value_of(source, facts);
  return value.empty() ? Key{} : key_of(value);
}

std::string words_of(const KeySource& source, const KeyFacts& facts) {
  if (source.part == KeyPart::client_ip) return facts.client().text();
  if (source.part == KeyPart::body) return facts.body(source.name).value_or("");
  if (source.part != KeyPart::five_tuple) return std::string(value_of(source, facts));
  return Address(facts.client(), facts.client_port()).text() + " to " + facts.local().text();
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

}  // namespace

std::expected<KeySource, std::string> parse_key_source(std::string_view text) {
  const size_t colon = text.find(':');
  const auto word = std::ranges::find(kWords, text.substr(0, colon), &Word::text);
  if (word == kWords.end()) return std::unexpected("it is not known");
  const bool has_name = colon != text.npos;
  if (word->named != has_name) {
    return std::unexpected(word->named ? "it needs a name behind a colon" : "it takes no name");
  }
  if (!has_name) return KeySource{word->part};
  const std::string_view name = text.substr(colon + 1);
  if (const auto reason = wrong_name(word->part, name); !reason.empty())
    return std::unexpected(std::string(reason));
  return KeySource{word->part, word->part == KeyPart::header ? lower(name) : std::string(name)};
}

std::string text_of(const KeySource& source) {
  const auto word = std::ranges::find(kWords, source.part, &Word::part);
  std::string text(word->text);
  return word->named ? text + ":" + source.name : text;
}

const std::vector<std::string>& key_words() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> texts;
    for (const Word& word : kWords) texts.emplace_back(word.text);
    return texts;
  }();
  return words;
}

std::string_view segment_of(std::string_view path, uint32_t number) {
  for (; !path.empty() && number > 0; --number) {
    path.remove_prefix(1);  // its slash
    const size_t end = std::min(path.find('/'), path.size());
    if (number == 1) return path.substr(0, end);
    path.remove_prefix(end);
  }
  return {};
}

Key key_of(std::string_view text) { return {XXH3_64bits(text.data(), text.size()), true}; }

Key key_of(const Ip& client) {
  return key_of(std::string_view(reinterpret_cast<const char*>(client.bytes().data()),
                                 client.bytes().size()));
}

Key key_of(const KeySource& source, const KeySource& fallback, const KeyFacts& facts) {
  const Key key = key_by(source, facts);
  return key.present ? key : key_by(fallback, facts);
}

FoundKey find_key(const KeySource& source, const KeySource& fallback, const KeyFacts& facts) {
  for (const KeySource& each : {source, fallback}) {
    const Key key = key_by(each, facts);
    if (key.present) return {key, each, words_of(each, facts)};
  }
  return {{}, source, ""};
}

}  // namespace fairlead::core

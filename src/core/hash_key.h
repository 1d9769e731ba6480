// HashKey: what a request is kept together by, from the words of the configuration to a number.
//
// The hashing balancers see only the number. Which part of a request it is made of is said once for
// a pool (KeySource); what the request has there is asked through KeyFacts, so that requests,
// connections, `explain` and `simulate` are hashed by the same function.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace fairlead::core {

// The hash of what a pool says requests are to be kept together by.
struct Key {
  uint64_t hash = 0;
  bool present = false;  // false: this request has none; hashing balancers draw by weight
  // The id of the backend that its client is kept at, whatever the algorithm says, as long as that
  // one may keep clients; 0: none.
  uint32_t kept_at = 0;
};

enum class KeyPart : uint8_t {
  none,
  client_ip,
  five_tuple,
  header,
  cookie,
  query,
  path,
  path_segment,
  host,
  sni,
  body
};

struct KeySource {
  KeyPart part = KeyPart::client_ip;
  // Of a header (in lower case), a cookie or a parameter of the query; a JSON pointer into the
  // body; which segment of the path, from 1.
  std::string name = {};

  bool operator==(const KeySource&) const = default;
};

// Segments of a path beyond it are nobody's key.
inline constexpr uint32_t kMostSegments = 32;

// `client_ip`, `five_tuple`, `header:NAME`, `cookie:NAME`, `query:NAME`, `path`, `path_segment:N`,
// `host`, `sni`, `body:/POINTER` or `none`. What is wrong is said in words, without the text
// itself.
std::expected<KeySource, std::string> parse_key_source(std::string_view text);
// What parse_key_source() takes back.
std::string text_of(const KeySource& source);
// Every word that a source begins with, without its colon.
const std::vector<std::string>& key_words();

// What a request or connection has; views that live as long as the call. Nothing there: "".
class KeyFacts {
 public:
  virtual ~KeyFacts() = default;
  virtual Ip client() const = 0;
  virtual uint16_t client_port() const = 0;
  virtual Address local() const = 0;  // where the client connected to
  virtual std::string_view header(std::string_view) const { return {}; }  // name in lower case
  virtual std::string_view cookie(std::string_view) const { return {}; }
  virtual std::string_view query() const { return {}; }  // without the `?`
  virtual std::string_view path() const { return {}; }   // normalised
  virtual std::string_view host() const { return {}; }   // in lower case, without the port
  virtual std::string_view sni() const { return {}; }
  // What a JSON body has at the pointer; nothing where that is no text, number or truth value.
  virtual std::optional<std::string> body(std::string_view) const { return {}; }
};

// The segment of a path of that number, from 1: "42" is the second of "/rooms/42/join". "": none.
std::string_view segment_of(std::string_view path, uint32_t number);

// The key by `source`, or by `fallback` where there is nothing or an empty value. The hash is the
// same in every process, on every machine (XXH3 of 64 bits, without a secret).
// Cost: a few ns and the look-up; no allocation.
Key key_of(const KeySource& source, const KeySource& fallback, const KeyFacts& facts);

// The same with what it was made of, for `explain`. Allocates.
struct FoundKey {
  Key key;
  KeySource source;   // which of both it was; of a key that is not present, the first
  std::string value;  // in words
};
FoundKey find_key(const KeySource& source, const KeySource& fallback, const KeyFacts& facts);

// The key of a text, and of an address.
Key key_of(std::string_view text);
Key key_of(const Ip& client);

}  // namespace fairlead::core

#include "wire/forwarded.h"

#include <algorithm>
#include <utility>

#include "wire/http1_chars.h"
#include "wire/http1_fields.h"

namespace fairlead::wire {
namespace {

using http1::is_blank;
using http1::is_char;
using http1::kToken;

// Takes bytes off the front of a value.
class Cursor {
 public:
  explicit Cursor(std::string_view rest) : rest_(rest) {}

  bool at_end() const { return rest_.empty(); }
  bool is_at(char c) const { return rest_.starts_with(c); }
  bool take(char c) {
    if (!is_at(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  template <typename Holds>
  std::string_view take_while(Holds&& holds) {
    const auto* end = std::ranges::find_if_not(rest_, holds);
    const std::string_view word = rest_.substr(0, static_cast<size_t>(end - rest_.begin()));
    rest_.remove_prefix(word.size());
    return word;
  }

  // What stands between quotes; nothing where they do not close. "" for one with an escape.
  std::optional<std::string_view> take_quoted() {
    rest_.remove_prefix(1);
    bool escaped = false;
    for (size_t at = 0; at < rest_.size(); ++at) {
      if (rest_[at] == '\\') {
        escaped = true;
        ++at;
      } else if (rest_[at] == '"') {
        const std::string_view inside = rest_.substr(0, at);
        rest_.remove_prefix(at + 1);
        return escaped ? std::string_view() : inside;
      }
    }
    return std::nullopt;
  }

 private:
  std::string_view rest_;
};

// The parameters of one element that were named.
struct Named {
  bool node = false, proto = false, host = false;
};

// False: it was named before.
bool set(ForwardedElement& element, Named& named, std::string_view name, std::string_view value) {
  const auto once = [&](bool& before, std::string_view& to) {
    to = value;
    return !std::exchange(before, true);
  };
  if (http1::equals_ignoring_case(name, "for")) return once(named.node, element.node);
  if (http1::equals_ignoring_case(name, "proto")) return once(named.proto, element.proto);
  if (http1::equals_ignoring_case(name, "host")) return once(named.host, element.host);
  return true;
}

bool is_plain(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != ',' && c != ';' && c != '\\';
}

// name=value; false where it is none.
bool read_pair(Cursor& cursor, ForwardedElement& element, Named& named) {
  const std::string_view name = cursor.take_while([](char c) { return is_char(c, kToken); });
  if (name.empty() || !cursor.take('=')) return false;
  if (!cursor.is_at('"')) return set(element, named, name, cursor.take_while(is_plain));
  const auto value = cursor.take_quoted();
  return value && set(element, named, name, *value);
}

// Up to a comma or the end.
std::optional<ForwardedElement> read_element(Cursor& cursor) {
  ForwardedElement element;
  Named named;
  do {
    cursor.skip_blanks();
    if (cursor.at_end() || cursor.is_at(',') || cursor.is_at(';')) continue;
    if (!read_pair(cursor, element, named)) return std::nullopt;
    cursor.skip_blanks();
  } while (cursor.take(';'));
  if (!cursor.at_end() && !cursor.is_at(',')) return std::nullopt;
  return element;
}

}  // namespace

std::optional<Forwarded> parse_forwarded(std::string_view value) {
  Forwarded all;
  Cursor cursor(value);
  do {
    const auto element = read_element(cursor);
    if (!element) return std::nullopt;
    all.add(*element);
  } while (cursor.take(','));
  return all;
}

}  // namespace fairlead::wire

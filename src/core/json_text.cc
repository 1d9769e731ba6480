#include "core/json_text.h"

#include <algorithm>
#include <charconv>

#include "core/config/words.h"
#include "core/pattern.h"

namespace fairlead::core {
namespace {

using Value = JsonText::Value;
using Kind = Value::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The four hexadecimal digits at the head of a text; nothing where they are none.
std::optional<uint32_t> code_unit(std::string_view text) {
  uint32_t unit = 0;
  const char* const end = text.data() + 4;
  if (text.size() < 4 || std::from_chars(text.data(), end, unit, 16).ptr != end) return {};
  return unit;
}

bool is_high(uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low(uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

// What stands behind a backslash: how many characters, and what they mean.
struct Escape {
  size_t size = 0;  // 0: nothing that may stand there
  uint32_t character = 0;
};

// A character beyond the first 65,536 is written as a pair; half of one is nothing.
Escape read_unicode(std::string_view text) {
  const auto unit = code_unit(text.substr(1));
  if (!unit || is_low(*unit)) return {};
  if (!is_high(*unit)) return {5, *unit};
  const auto low = text.substr(5).starts_with("\\u") ? code_unit(text.substr(7)) : std::nullopt;
  if (!low || !is_low(*low)) return {};
  return {11, 0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00)};
}

Escape read_escape(std::string_view text) {
  if (text.empty()) return {};
  if (text[0] == 'u') return read_unicode(text);
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const size_t found = kLetters.find(text[0]);
  if (found == kLetters.npos) return {};
  return {1, static_cast<uint32_t>(kMeanings[found])};
}

void append_utf8(uint32_t character, std::string& text) {
  const auto add = [&](uint32_t byte) { text += static_cast<char>(byte); };
  if (character < 0x80) return add(character);
  if (character < 0x800) {
    add(0xc0 | character >> 6);
  } else if (character < 0x10000) {
    add(0xe0 | character >> 12);
    add(0x80 | (character >> 6 & 0x3f));
  } else {
    add(0xf0 | character >> 18);
    add(0x80 | (character >> 12 & 0x3f));
    add(0x80 | (character >> 6 & 0x3f));
  }
  add(0x80 | (character & 0x3f));
}

// REQUIRES: it was read by JsonReader.
std::string unescaped(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (size_t at = raw.find('\\'); at != raw.npos; at = raw.find('\\')) {
    text.append(raw.substr(0, at));
    const Escape escape = read_escape(raw.substr(at + 1));
    append_utf8(escape.character, text);
    raw.remove_prefix(at + 1 + escape.size);
  }
  return text.append(raw);
}

// RFC 6901 4: one step of a pointer, without its escapes.
std::string name_in(std::string_view step) {
  std::string name;
  for (size_t i = 0; i < step.size(); ++i) {
    const bool escape = step[i] == '~' && i + 1 < step.size();
    name += !escape ? step[i] : step[i + 1] == '1' ? '/' : '~';
    if (escape) ++i;
  }
  return name;
}

// Reads a text into values. Recursion is as deep as the text, and that is bounded.
class JsonReader {
 public:
  JsonReader(std::string_view text, std::vector<Value>& values) : text_(text), values_(values) {}

  // False: it is no JSON.
  bool read() {
    if (!value(0)) return false;
    skip_blanks();
    return at_ == text_.size();
  }

 private:
  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(char c) {
    if (next() != c) return false;
    ++at_;
    return true;
  }

  void skip_blanks() {
    while (next() == ' ' || next() == '\t' || next() == '\n' || next() == '\r') ++at_;
  }

  size_t open(Kind kind) {
    values_.push_back({kind, static_cast<uint32_t>(at_), 0, 0});
    return values_.size() - 1;
  }

  bool close(size_t index) {
    values_[index].behind = static_cast<uint32_t>(values_.size());
    return true;
  }

  bool close(size_t index, size_t end) {
    values_[index].size = static_cast<uint32_t>(end) - values_[index].begin;
    return close(index);
  }

  bool value(int depth) {
    skip_blanks();
    switch (next()) {
      case '{': return depth < JsonText::kDeepest && object(depth);
      case '[': return depth < JsonText::kDeepest && list(depth);
      case '"': return string();
      case 't': return word("true", Kind::boolean);
      case 'f': return word("false", Kind::boolean);
      case 'n': return word("null", Kind::null);
      default: return number();
    }
  }

  bool object(int depth) {
    const size_t index = open(Kind::object);
    ++at_;
    skip_blanks();
    if (take('}')) return close(index);
    do {
      skip_blanks();
      if (!string()) return false;
      skip_blanks();
      if (!take(':') || !value(depth + 1)) return false;
      skip_blanks();
    } while (take(','));
    return take('}') && close(index);
  }

  bool list(int depth) {
    const size_t index = open(Kind::list);
    ++at_;
    skip_blanks();
    if (take(']')) return close(index);
    do {
      if (!value(depth + 1)) return false;
      skip_blanks();
    } while (take(','));
    return take(']') && close(index);
  }

  bool word(std::string_view wanted, Kind kind) {
    if (!text_.substr(at_).starts_with(wanted)) return false;
    const size_t index = open(kind);
    at_ += wanted.size();
    return close(index, at_);
  }

  bool digits() {
    const size_t first = at_;
    while (is_digit(next())) ++at_;
    return at_ > first;
  }

  bool number() {
    const size_t index = open(Kind::number);
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    return close(index, at_);
  }

  bool string() {
    if (!take('"')) return false;
    const size_t index = open(Kind::string);
    while (at_ < text_.size()) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"') return close(index, at_++);
      const size_t size = byte == '\\'  ? 1 + read_escape(text_.substr(at_ + 1)).size
                          : byte < 0x80 ? size_t{byte >= 0x20}
                                        : utf8_length(text_.substr(at_));
      if (size == 0 || (byte == '\\' && size == 1)) return false;
      at_ += size;
    }
    return false;
  }

  std::string_view text_;
  std::vector<Value>& values_;
  size_t at_ = 0;
};

}  // namespace

std::optional<JsonText> JsonText::parse(std::string_view text) {
  JsonText json;
  json.text_ = text;
  if (!JsonReader(text, json.values_).read()) return {};
  return json;
}

const Value* JsonText::find(std::string_view pointer) const {
  const Value* found = &values_.front();
  while (found != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const size_t end = std::min(pointer.find('/'), pointer.size());
    found = member(*found, pointer.substr(0, end));
    pointer.remove_prefix(end);
  }
  return found;
}

const Value* JsonText::member(const Value& parent, std::string_view step) const {
  if (parent.kind == Kind::object) return named(parent, step);
  return parent.kind == Kind::list ? numbered(parent, step) : nullptr;
}

const Value* JsonText::named(const Value& object, std::string_view step) const {
  const std::string unpointed = step.contains('~') ? name_in(step) : std::string();
  const std::string_view wanted = unpointed.empty() ? step : unpointed;
  const Value* found = nullptr;
  for (uint32_t i = index_of(object) + 1; i < object.behind; i = values_[i + 1].behind) {
    const std::string_view name = raw(values_[i]);
    const bool same = name.contains('\\') ? unescaped(name) == wanted : name == wanted;
    if (same) found = &values_[i + 1];
  }
  return found;
}

const Value* JsonText::numbered(const Value& list, std::string_view step) const {
  if (step.empty() || (step[0] == '0' && step.size() > 1)) return nullptr;
  uint32_t left = 0;
  const char* const end = step.data() + step.size();
  if (const auto read = std::from_chars(step.data(), end, left);
      read.ec != std::errc{} || read.ptr != end)
    return nullptr;
  for (uint32_t i = index_of(list) + 1; i < list.behind; i = values_[i].behind) {
    if (left-- == 0) return &values_[i];
  }
  return nullptr;
}

std::string JsonText::text_of(const Value& value) const {
  return value.kind == Kind::string ? unescaped(raw(value)) : std::string(raw(value));
}

bool JsonText::matches(const Value& value, const Pattern& pattern) const {
  if (value.is_structured()) return pattern.matches_all();
  const std::string_view text = raw(value);
  if (value.kind == Kind::string && text.contains('\\')) return pattern.matches(unescaped(text));
  return pattern.matches(text);
}

std::optional<std::string> JsonText::key_at(std::string_view pointer) const {
  const Value* value = find(pointer);
  if (value == nullptr || value->is_structured() || value->kind == Kind::null) return {};
  return text_of(*value);
}

}  // namespace fairlead::core

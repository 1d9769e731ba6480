// JsonText: a JSON text (RFC 8259) that is asked for what stands in it, by JSON pointers (RFC
// 6901).
//
// For bodies that strangers send, on the data path: it is checked and measured in one pass, and no
// tree is made of it (docs/decisions/0009). Its memory is 16 bytes for each value, so it is bounded
// by the text's; what is nested deeper than kDeepest is no JSON here. Values keep the characters
// that they were written with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::core {

class Pattern;

class JsonText {
 public:
  // Lists and objects within each other.
  static constexpr int kDeepest = 64;

  struct Value {
    enum class Kind : uint8_t { null, boolean, number, string, list, object };
    Kind kind = Kind::null;
    uint32_t begin = 0;   // of its characters in the text; of a string, without the quotes
    uint32_t size = 0;    // 0 for lists and objects
    uint32_t behind = 0;  // the index of the value behind it and all that it holds

    bool is_structured() const { return kind == Kind::list || kind == Kind::object; }
  };

  // Nothing: it is no JSON, or not in UTF-8, or nested too deep. REQUIRES: less than 4 GiB; `text`
  // outlives this.
  static std::optional<JsonText> parse(std::string_view text);

  // Null: nothing is there. Of a name that stands in an object twice the last one counts, as for
  // most readers. REQUIRES: the pointer is empty or begins with '/'.
  // Cost: linear in the members of what it leads through.
  const Value* find(std::string_view pointer) const;

  // A string without its escapes; numbers, booleans and null as they are written; "" for lists and
  // objects.
  std::string text_of(const Value& value) const;

  // The same held against a pattern. A list or an object is there, and nothing else: `*` alone
  // matches it.
  bool matches(const Value& value, const Pattern& pattern) const;

  // The text of a string, a number or a truth value at the pointer, for hash keys.
  std::optional<std::string> key_at(std::string_view pointer) const;

 private:
  std::string_view raw(const Value& value) const { return text_.substr(value.begin, value.size); }
  const Value* member(const Value& parent, std::string_view step) const;
  const Value* named(const Value& object, std::string_view step) const;
  const Value* numbered(const Value& list, std::string_view step) const;
  uint32_t index_of(const Value& value) const {
    return static_cast<uint32_t>(&value - values_.data());
  }

  std::string_view text_;
  std::vector<Value> values_;  // in the order of the text: an object's are name, value, name, value
};

}  // namespace fairlead::core

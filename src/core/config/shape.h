// Shape and Outline: what an option takes, as data. The schema, the reference page and the hints of
// messages are written from these; the functions that read the same option stand beside it in Type.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fairlead::core {

struct Outline;

struct Shape {
  enum class Kind : uint8_t {
    text,     // any text, or one that fits `pattern`, or one of `choices`
    number,   // a whole number from least to most
    list,     // of parts[0]
    names,    // a mapping from free names to parts[0]
    section,  // a mapping with the keys of `outline`
    either,   // any one of the parts
  };
  Kind kind = Kind::text;
  std::string words = {};    // "a duration from 1ms to 1h": what messages and the page say
  std::string such_as = {};  // "`500ms`, `10s` or `5m`": what hints add
  std::string pattern = {};  // ECMA 262, unanchored; of a text
  std::vector<std::string> choices = {};
  int64_t least = 0;
  int64_t most = 0;
  std::vector<Shape> parts = {};
  const Outline& (*outline)() = nullptr;
};

// A shorter way to write a section.
struct ShortForm {
  Shape shape;
  std::string example = {};  // "health: /health"
  std::string means;         // "health: { http: /health }"
};

struct OptionOutline {
  std::string name;
  std::string help;               // one or two sentences
  std::string example = {};       // a value, as YAML on one line
  std::string default_text = {};  // as YAML on one line; empty: there is none
  Shape shape;
};

struct Outline {
  std::string name;     // "pool"; also of its definition in the schema
  std::string heading;  // "Pools": of its part of the reference page
  std::string help;
  std::vector<OptionOutline> options = {};
  std::vector<ShortForm> short_forms = {};
  bool can_be_off = false;
};

}  // namespace fairlead::core

// Node: YAML as a tree of text, each piece with its place.
//
// Between the YAML text and the typed values. Nothing in it has a type yet but its shape: `010`,
// `off` and `1:30` are the characters that were written, whatever a YAML version makes of them.
// Short forms are functions from node to node; dump and JSON are written from nodes too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::core {

// A stretch of a source file; `source` counts the files in the order in which they were read.
struct Spot {
  uint16_t source = 0;
  int line = 0;    // from 1; 0: nowhere
  int column = 0;  // from 1, in characters
  int length = 1;  // in characters, on that line
};

struct Entry;

struct Node {
  enum class Kind : uint8_t { none, scalar, list, map };
  Kind kind = Kind::none;
  bool null = false;           // a scalar written as nothing, `~` or `null`
  bool plain = false;          // a scalar of a file, written without quotes
  bool number = false;         // a scalar that JSON writes without quotes
  bool flow = false;           // a collection written in [ ] or { }
  bool reported = false;       // a scalar that is known to be wrong: no more is said about it
  std::string text;            // of a scalar
  std::vector<Node> items;     // of a list
  std::vector<Entry> entries;  // of a map, in the order written
  Spot spot;

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }

  // The value of that key, or null. Cost: linear in the entries.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);

  // Adds an entry whose key stands where this node stands. Returns the value.
  Node& set(std::string_view key, Node value);
};

struct Entry {
  Node key;  // always a scalar
  Node value;
};

Node scalar(std::string text, Spot spot = {});
Node number(std::string text, Spot spot = {});
Node list(std::vector<Node> items, Spot spot = {});
Node map(Spot spot = {});

// The map { key: value }, all of it where the value stands: what a short form means.
Node map_of(std::string_view key, Node value);

// "a mapping", "a list", "`text`": for messages.
std::string describe(const Node& node);

}  // namespace fairlead::core

// PatternKeys: the distinct patterns for one kind of text (hosts, or paths), and which of them a
// text may fit. One half of the router's index (route_index.h).
//
// Each pattern is a number. Those that can be looked up are hashes: of the whole text (`/a`,
// `a.example`), or of a part of it that ends at a mark (`/api` of `/api/*`, `.example.com` of
// `*.example.com`). Other globs and regular expressions are in one RE2::Set, which costs more and
// is asked apart. Two patterns may share a number; then a text that fits one seems to fit both, and
// whoever asks looks closer.
#pragma once

#include <re2/set.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/key_table.h"
#include "core/pattern.h"

namespace fairlead::core {

using PatternKey = uint64_t;

// Of a route that names no pattern, or one that everything fits.
inline constexpr PatternKey kAnyKey = 0;

// The keys that were looked up for one text: a bounded list without allocation.
class QuickKeys {
 public:
  static constexpr size_t kMost = 32;
  void add(PatternKey key) { keys_[size_++] = key; }
  std::span<const PatternKey> all() const { return {keys_.data(), size_}; }

 private:
  size_t size_ = 0;
  std::array<PatternKey, kMost> keys_;
};

class PatternKeys {
 public:
  // The beginnings of paths count, up to a `/`, and the ends of hosts, from a `.` on.
  enum class Of : uint8_t { paths, hosts };
  explicit PatternKeys(Of of);

  // Adds a pattern of a route, and gives its key. REQUIRES: routes come in their order, and before
  // finish().
  PatternKey add(const PathPattern& path, uint32_t route);
  PatternKey add(const Pattern& host, uint32_t route);
  // All are there: compiles the set.
  void finish();

  // kAnyKey and, of the patterns that can be looked up, those that the text may fit.
  // Cost: a hash of the text and of each of its parts, as far as any pattern goes; no allocation.
  QuickKeys quick(std::string_view text) const;
  // Of the others, those that the text may fit; all of them, where the set gives up.
  std::vector<PatternKey> costly(std::string_view text) const;
  // The first route with one of those; UINT32_MAX: there is none.
  uint32_t first_costly() const { return first_costly_; }

 private:
  PatternKey add_whole(std::string_view text);
  PatternKey add_part(std::string_view text, uint32_t marks);
  PatternKey add_expression(const std::string& expression, uint32_t route);
  void add_if_known(PatternKey key, QuickKeys& keys) const;
  void add_beginnings(std::string_view text, QuickKeys& keys) const;
  void add_ends(std::string_view text, QuickKeys& keys) const;

  Of of_;
  KeyTable<char> known_;      // the keys of wholes and parts
  size_t longest_whole_ = 0;  // in bytes
  size_t longest_part_ = 0;
  uint32_t most_marks_ = 0;                      // in a part
  std::unordered_set<std::string> expressions_;  // empty once it is finished
  std::vector<PatternKey> expression_keys_;      // as they stand in the set
  std::unique_ptr<re2::RE2::Set> set_;           // null: it could not be compiled
  uint32_t first_costly_ = UINT32_MAX;
};

}  // namespace fairlead::core

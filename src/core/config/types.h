// The types that many options share: numbers, durations, sizes, words, addresses, patterns.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>

#include "base/address.h"
#include "base/instant.h"
#include "core/config/type.h"
#include "core/pattern.h"

namespace fairlead::core {

// A whole number. REQUIRES: 0 <= least <= most <= 2^32 - 1. `unit` is for people: "connections".
Type<uint32_t> whole_number(uint32_t least, uint32_t most, std::string unit = {});

// `500ms`, `10s`, `5m`, `1h`, `1d`, and `0` where least is 0.
Type<Duration> duration(Duration least, Duration most);

// `512B`, `64KiB`, `8MiB`, `1GiB`; held in bytes.
Type<uint32_t> size(uint32_t least, uint32_t most);

// `10%`: a whole number of percent. REQUIRES: least <= most <= 100.
Type<uint32_t> percent(uint32_t least, uint32_t most);

// Any text without control characters. `words` says what it is: "a host name".
Type<std::string> text(std::string words, size_t longest = 4096);

// `true` or `false`.
Type<bool> true_or_false();

// One of some words, each of which means a value.
template <typename T>
Type<T> choice(std::vector<std::pair<std::string, T>> meanings);

// The plain function behind choice(): the index of the word, or what to say about it.
Parsed<size_t> find_word(std::string_view text, const std::vector<std::string>& words);
Shape choice_shape(std::vector<std::string> words);

Type<Address> address(
    std::string words = "an address: `host:port`, `[::1]:80`, `:8080` or `unix:/path`");
// Of a backend: with a host, and a port that is not 0.
Type<Address> backend_address();
Type<Subnet> network();
// Of patterns: warns of those that are costly.
template <typename T>
Type<T> with_cost(Type<T> type) {
  type.read = [read = type.read](T& value, const Node& node, Reader& reader) {
    read(value, node, reader);
    if (const auto cost = value.cost())
      reader.warning(node, fmt::format("{}: {}", reader.key(), *cost), std::string(kCheaper));
  };
  return type;
}
Type<Pattern> pattern(Case sensitivity = Case::exact);
Type<PathPattern> path_pattern();

// ---- the parsers behind them, for short forms and the command line --------------------

Parsed<uint32_t> parse_number(std::string_view text, uint32_t least, uint32_t most);
Parsed<Duration> parse_duration(std::string_view text, Duration least, Duration most);
Parsed<uint32_t> parse_size(std::string_view text, uint32_t least, uint32_t most);
Parsed<uint32_t> parse_percent(std::string_view text, uint32_t least, uint32_t most);
Parsed<Address> parse_address(std::string_view text);
Parsed<Address> parse_backend_address(std::string_view text);

// The shortest exact form: "90s", "5m", "1d".
std::string text_of(Duration span);
std::string text_of_size(uint32_t bytes);

template <typename T>
Type<T> choice(std::vector<std::pair<std::string, T>> meanings) {
  std::vector<std::string> words;
  for (const auto& [word, meaning] : meanings) words.push_back(word);
  return text_type<T>(
      choice_shape(words),
      [meanings, words](std::string_view text) -> Parsed<T> {
        auto index = find_word(text, words);
        if (!index) return std::unexpected(index.error());
        return meanings[*index].second;
      },
      [meanings](const T& value) {
        for (const auto& [word, meaning] : meanings) {
          if (meaning == value) return scalar(word);
        }
        return Node{};
      });
}

}  // namespace fairlead::core

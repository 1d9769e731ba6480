// Words for messages: quoting, enumerations, and the nearest known word to an unknown one.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::core {

// `text` in backticks; long or unprintable text is cut and cleaned.
std::string ticked(std::string_view text);

// "a, b or c", each as it is; nothing for none.
std::string enumerate(std::span<const std::string> words, std::string_view last = "or");

// What is most probably meant by `word`: at most a third of its letters differ (optimal string
// alignment distance, Damerau 1964), case aside. Nothing where none is near.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known);

// "did you mean `health`? " or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

std::string lower_case(std::string_view text);

// How many bytes the UTF-8 character at the head of a text has; 0 when it is none (RFC 3629 4).
size_t utf8_length(std::string_view text);

// The characters of UTF-8 text: what columns and lengths count.
int count_characters(std::string_view text);

template <typename Range, typename T>
bool contains(const Range& range, const T& value) {
  return std::ranges::find(range, value) != std::ranges::end(range);
}

}  // namespace fairlead::core

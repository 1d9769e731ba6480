// Mappings from free names to values: headers, cookies, parameters, JSON pointers.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/config.h"
#include "core/config/section.h"
#include "core/config/words.h"

namespace fairlead::core {

// RFC 9110 5.6.2: what names of fields, methods and cookies are made of.
bool is_token(std::string_view text);

// What such names may be; each gives the name as it is kept, or what is wrong with it.
using NameCheck = Parsed<std::string> (*)(std::string_view);
Parsed<std::string> header_name(std::string_view text);  // kept in lower case
Parsed<std::string> cookie_name(std::string_view text);
Parsed<std::string> parameter_name(std::string_view text);  // of a query, without escapes
Parsed<std::string> json_pointer(std::string_view text);    // RFC 6901 3, not the empty one

// The value of a `content-type`: `text/html; charset=utf-8`.
Type<std::string> media_type();

// Reads a mapping from names to values, each name once.
template <typename T>
void read_names(std::vector<std::pair<std::string, T>>& values, const Node& node, Reader& reader,
                const Type<T>& type, const Shape& shape, std::string_view example,
                NameCheck check) {
  if (!node.is_map()) {
    reader.error(node,
                 fmt::format("{} must be {}, not {}", reader.key(), shape.words, describe(node)),
                 fmt::format("for example `{}`", example));
    return;
  }
  values.clear();
  for (const Entry& entry : node.entries) {
    auto name = check(entry.key.text);
    if (!name) {
      reader.error(entry.key, name.error().message, name.error().hint);
      continue;
    }
    if (std::ranges::any_of(values, [&](const auto& each) { return each.first == *name; })) {
      reader.error(entry.key, fmt::format("{} is named twice", ticked(*name)),
                   "names of headers are the same in any case");
    }
    if (report_empty(entry.value, entry.key.text, "\"*\"", reader)) continue;
    auto step = reader.into(entry.key.text);
    T value{};
    type.read(value, entry.value, reader);
    values.emplace_back(*name, std::move(value));
  }
}

// Patterns by name. `words`: "a mapping from names to patterns"; `example`: with its key.
// `value_check` says what no value can look like.
using ValueCheck = std::optional<Wrong> (*)(std::string_view pattern);
Type<NamedPatterns> named_patterns(std::string words, std::string_view example, NameCheck check,
                                   ValueCheck value_check = nullptr);

}  // namespace fairlead::core

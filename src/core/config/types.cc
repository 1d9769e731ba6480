#include "core/config/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/config/words.h"
#include "core/config/yaml_traps.h"

namespace fairlead::core {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

constexpr std::array<Unit, 5> kTimes = {{{"d", 86'400'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"s", 1'000'000'000},
                                         {"ms", 1'000'000}}};
constexpr std::array<Unit, 4> kSizes = {
    {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number that is the whole text; nothing where it is none, or above 10^15.
std::optional<int64_t> plain_number(std::string_view text) {
  if (text.empty() || text.size() > 15 || !std::ranges::all_of(text, is_digit)) return {};
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<Wrong> octal_trap(std::string_view text) {
  const bool leading_zero =
      text.size() > 1 && text[0] == '0' && std::ranges::all_of(text, is_digit);
  const bool marked =
      text.size() > 2 && text.starts_with("0o") && std::ranges::all_of(text.substr(2), is_digit);
  if (!leading_zero && !marked) return {};
  const std::string_view digits =
      text.substr(std::min(text.find_first_not_of("0o"), text.size() - 1));
  return Wrong{fmt::format("{} is octal to some YAML readers and decimal to others", ticked(text)),
               fmt::format("write `{}` without the zero in front", digits)};
}

std::optional<Wrong> sexagesimal_trap(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == text.npos || colon == 0) return {};
  if (!std::ranges::all_of(text, [](char c) { return is_digit(c) || c == ':'; })) return {};
  return Wrong{fmt::format("{} is a number of base 60 to some YAML readers", ticked(text)),
               "write one number with its unit, such as `90s`"};
}

struct Quantity {
  int64_t number;
  std::string_view unit;
};

// Digits, then whatever follows.
std::optional<Quantity> split(std::string_view text) {
  const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  auto value = plain_number(text.substr(0, end));
  if (!value) return {};
  std::string_view unit = text.substr(end);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  return Quantity{*value, unit};
}

template <size_t N>
std::string exact_text(int64_t value, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (value >= unit.factor && value % unit.factor == 0)
      return fmt::format("{}{}", value / unit.factor, unit.name);
  }
  return "0";
}

// A number with one of the units. `other_names` knows what people write instead of the units.
template <size_t N>
Parsed<int64_t> quantity(std::string_view text, const std::array<Unit, N>& units,
                         std::string_view usual, std::string_view (*meant)(std::string_view)) {
  if (text == "0") return 0;
  if (auto trap = sexagesimal_trap(text)) return std::unexpected(*trap);
  auto found = split(text);
  if (!found) return wrong(fmt::format("{} is no number with a unit", ticked(text)));
  if (found->unit.empty()) {
    return wrong(fmt::format("{} has no unit", ticked(text)),
                 usual.empty() ? "" : fmt::format("did you mean `{}{}`?", found->number, usual));
  }
  for (const Unit& unit : units) {
    if (unit.name != found->unit) continue;
    if (text.contains(' ')) {
      return wrong(fmt::format("{} has a space before its unit", ticked(text)),
                   fmt::format("write `{}{}`", found->number, unit.name));
    }
    if (found->number > INT64_MAX / unit.factor)
      return wrong(fmt::format("{} is too large", ticked(text)));
    return found->number * unit.factor;
  }
  const std::string_view better = meant(found->unit);
  return wrong(fmt::format("{} has an unknown unit", ticked(text)),
               better.empty() ? "" : fmt::format("did you mean `{}{}`?", found->number, better));
}

// For a number without a unit: the usual one, a larger or else a smaller one, with which it is in
// the range. Empty: with none of them. REQUIRES: `units` from the largest to the smallest.
template <size_t N>
std::string_view usual_unit(std::string_view text, const std::array<Unit, N>& units, size_t usual,
                            int64_t least, int64_t most) {
  const auto number = plain_number(text);
  const auto fits = [&](const Unit& unit) {
    return number && *number <= most / unit.factor && *number * unit.factor >= least;
  };
  for (size_t i = usual + 1; i-- > 0;)
    if (fits(units[i])) return units[i].name;
  for (size_t i = usual + 1; i < N; ++i)
    if (fits(units[i])) return units[i].name;
  return {};
}

// Of examples those that are in the range; else its ends.
template <typename Parse>
std::string such_as(std::initializer_list<std::string_view> examples, Parse parse,
                    const std::string& least, const std::string& most) {
  std::vector<std::string> good;
  for (const std::string_view example : examples)
    if (parse(example)) good.push_back(fmt::format("`{}`", example));
  if (good.empty()) good = {fmt::format("`{}`", least), fmt::format("`{}`", most)};
  return enumerate(good);
}

std::string_view meant_time(std::string_view unit) {
  const std::string word = lower_case(unit);
  if (word.starts_with("mil") || word.starts_with("ms")) return "ms";
  if (word.starts_with("s")) return "s";
  if (word.starts_with("m")) return "m";
  if (word.starts_with("h")) return "h";
  if (word.starts_with("d")) return "d";
  return "";
}

std::string_view meant_size(std::string_view unit) {
  const std::string word = lower_case(unit);
  if (word.starts_with("k")) return "KiB";
  if (word.starts_with("m")) return "MiB";
  if (word.starts_with("g")) return "GiB";
  if (word.starts_with("b")) return "B";
  return "";
}

Node shown(std::string text) { return scalar(std::move(text)); }

}  // namespace

std::string text_of(Duration span) { return exact_text(span.count(), kTimes); }
std::string text_of_size(uint32_t bytes) { return exact_text(bytes, kSizes); }

bool expect_text(const Node& node, const Shape& shape, Reader& reader) {
  if (node.reported) return false;
  if (node.is_scalar() && !node.null) return true;
  std::string hint;
  if (node.is_map() && node.flow && node.entries.size() == 1 && node.entries[0].value.null) {
    hint = fmt::format("without quotes, YAML reads braces as a mapping: write {}",
                       in_quotes("{" + node.entries[0].key.text + "}"));
  } else if (node.is_list() && node.flow && node.items.size() == 1 &&
             node.items[0].text.contains("::")) {
    hint = fmt::format("without quotes, YAML reads brackets as a list: write {}",
                       in_quotes("[" + node.items[0].text + "]"));
  }
  reader.error(
      node, fmt::format("{} must be {}, not {}", reader.key(), shape.words, describe(node)), hint);
  return false;
}

void report(const Wrong& wrong, const Node& node, const Shape& shape, Reader& reader) {
  std::string hint = wrong.hint;
  if (!hint.empty() && !hint.contains("allowed:") && !hint.ends_with('?') && !hint.ends_with('.'))
    hint += ';';
  if (!hint.contains("allowed:"))
    hint += fmt::format("{}allowed: {}", hint.empty() ? "" : " ", shape.words);
  if (!shape.such_as.empty()) hint += ", such as " + shape.such_as;
  reader.error(node, fmt::format("{}: {}", reader.key(), wrong.message), hint);
}

Parsed<uint32_t> parse_number(std::string_view text, uint32_t least, uint32_t most) {
  if (auto trap = octal_trap(text)) return std::unexpected(*trap);
  if (auto trap = sexagesimal_trap(text)) return std::unexpected(*trap);
  auto value = plain_number(text);
  if (!value) return wrong(fmt::format("{} is no whole number", ticked(text)));
  if (*value < least) return wrong(fmt::format("{} is too small", ticked(text)));
  if (*value > most) return wrong(fmt::format("{} is too large", ticked(text)));
  return static_cast<uint32_t>(*value);
}

Type<uint32_t> whole_number(uint32_t least, uint32_t most, std::string unit) {
  if (!unit.empty()) unit = " " + unit;
  Shape shape{.kind = Shape::Kind::number,
              .words = fmt::format("a whole number{} from {} to {}",
                                   unit.empty() ? "" : " of" + unit, least, most),
              .least = least,
              .most = most};
  return text_type<uint32_t>(
      shape, [least, most](std::string_view text) { return parse_number(text, least, most); },
      [](const uint32_t& value) { return number(fmt::format("{}", value)); });
}

Parsed<uint32_t> parse_percent(std::string_view text, uint32_t least, uint32_t most) {
  if (!text.ends_with('%')) {
    const bool bare = plain_number(text).has_value();
    return wrong(fmt::format("{} is no percentage", ticked(text)),
                 bare ? fmt::format("did you mean `{}%`?", text) : "");
  }
  auto value = parse_number(text.substr(0, text.size() - 1), 0, UINT32_MAX);
  if (!value) return wrong(fmt::format("{} is no whole percentage", ticked(text)));
  if (*value < least) return wrong(fmt::format("{} is too small", ticked(text)));
  if (*value > most) return wrong(fmt::format("{} is too large", ticked(text)));
  return *value;
}

Type<uint32_t> percent(uint32_t least, uint32_t most) {
  Shape shape{.words = fmt::format("a percentage from {}% to {}%", least, most),
              .pattern = "^[0-9]+%$"};
  return text_type<uint32_t>(
      shape, [least, most](std::string_view text) { return parse_percent(text, least, most); },
      [](const uint32_t& value) { return scalar(fmt::format("{}%", value)); });
}

Parsed<Duration> parse_duration(std::string_view text, Duration least, Duration most) {
  auto value =
      quantity(text, kTimes, usual_unit(text, kTimes, 3, least.count(), most.count()), meant_time);
  if (!value) return std::unexpected(value.error());
  if (*value < least.count()) return wrong(fmt::format("{} is too short", ticked(text)));
  if (*value > most.count()) return wrong(fmt::format("{} is too long", ticked(text)));
  return Duration(*value);
}

Type<Duration> duration(Duration least, Duration most) {
  const std::string from = least == Duration::zero() ? "0s" : text_of(least);
  Shape shape{.words = fmt::format("a duration from {} to {}", from, text_of(most)),
              .such_as = such_as(
                  {"500ms", "10s", "5m", "1h", "1d"},
                  [&](std::string_view one) { return parse_duration(one, least, most); }, from,
                  text_of(most)),
              .pattern = "^(0|[0-9]+(ms|s|m|h|d))$"};
  return text_type<Duration>(
      shape, [least, most](std::string_view text) { return parse_duration(text, least, most); },
      [](const Duration& value) {
        return value == Duration::zero() ? shown("0s") : shown(text_of(value));
      });
}

Parsed<uint32_t> parse_size(std::string_view text, uint32_t least, uint32_t most) {
  auto value = quantity(text, kSizes, usual_unit(text, kSizes, 3, least, most), meant_size);
  if (!value) return std::unexpected(value.error());
  if (*value < least) return wrong(fmt::format("{} is too small", ticked(text)));
  if (*value > most) return wrong(fmt::format("{} is too large", ticked(text)));
  return static_cast<uint32_t>(*value);
}

Type<uint32_t> size(uint32_t least, uint32_t most) {
  Shape shape{.words = fmt::format("a size from {} to {}", text_of_size(least), text_of_size(most)),
              .such_as = such_as(
                  {"512B", "64KiB", "8MiB"},
                  [&](std::string_view one) { return parse_size(one, least, most); },
                  text_of_size(least), text_of_size(most)),
              .pattern = "^(0|[0-9]+(B|KiB|MiB|GiB))$"};
  return text_type<uint32_t>(
      shape, [least, most](std::string_view text) { return parse_size(text, least, most); },
      [](const uint32_t& value) { return shown(text_of_size(value)); });
}

Type<bool> true_or_false() {
  Type<bool> type = choice<bool>({{"true", true}, {"false", false}});
  type.show = [](const bool& value) { return number(value ? "true" : "false"); };
  return type;
}

Type<std::string> text(std::string words, size_t longest) {
  return text_type<std::string>(
      Shape{.words = std::move(words)},
      [longest](std::string_view given) -> Parsed<std::string> {
        if (given.empty()) return wrong("an empty text means nothing here");
        if (given.size() > longest) {
          return wrong(
              fmt::format("this text has {} bytes; {} are the most", given.size(), longest));
        }
        const bool clean = std::ranges::none_of(
            given, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
        if (!clean) return wrong(fmt::format("{} holds a control character", ticked(given)));
        return std::string(given);
      },
      [](const std::string& value) { return value.empty() ? Node{} : shown(value); });
}

Shape choice_shape(std::vector<std::string> words) {
  std::vector<std::string> marked;
  for (const std::string& word : words) marked.push_back(fmt::format("`{}`", word));
  return Shape{.words = enumerate(marked), .choices = std::move(words)};
}

Parsed<size_t> find_word(std::string_view text, const std::vector<std::string>& words) {
  const auto found = std::ranges::find(words, text);
  if (found != words.end()) return static_cast<size_t>(found - words.begin());
  auto near = nearest(text, words);
  return wrong(fmt::format("{} is not known", ticked(text)),
               near ? fmt::format("did you mean `{}`?", *near) : "");
}

Parsed<Address> parse_address(std::string_view text) {
  auto parsed = Address::parse(text);
  if (parsed && !parsed->is_unix()) {
    // A zero in front: somebody's octal number, or a slip.
    const std::string_view port = text.substr(text.rfind(':') + 1);
    if (auto trap = octal_trap(port))
      return wrong(fmt::format("the port of {} has a zero in front", ticked(text)),
                   fmt::format("did you mean `{}`?", parsed->text()));
  }
  if (parsed) return *parsed;
  std::string hint;
  if (!text.contains(':') && plain_number(text)) hint = fmt::format("did you mean `:{}`?", text);
  if (Ip::parse(text).has_value() && text.contains(':')) {
    hint = fmt::format("write \"[{}]:80\", in quotes: without them YAML reads brackets as a list",
                       text);
  }
  if (const size_t mark = text.find("://"); mark != text.npos) {
    return wrong(fmt::format("{} is not an address: it has a scheme", ticked(text)),
                 fmt::format("write `{}`", text.substr(mark + 3)));
  }
  return wrong(fmt::format("{} is not an address: {}", ticked(text), parsed.error()), hint);
}

Parsed<Address> parse_backend_address(std::string_view text) {
  auto parsed = parse_address(text);
  if (!parsed || parsed->is_unix()) return parsed;
  if (parsed->port() == 0)
    return wrong(fmt::format("{} has port 0, which nothing can be reached at", ticked(text)));
  if (text.starts_with(':') || parsed->ip().is_any()) {
    return wrong(fmt::format("{} names no host to connect to", ticked(text)),
                 fmt::format("did you mean `127.0.0.1:{}`?", parsed->port()));
  }
  return parsed;
}

Type<Address> address(std::string words) {
  return text_type<Address>(Shape{.words = std::move(words)}, parse_address,
                            [](const Address& value) { return shown(value.text()); });
}

Type<Address> backend_address() {
  return text_type<Address>(
      Shape{.words = "an address: `10.0.0.1:8080`, `[2001:db8::1]:8080` or `unix:/path`"},
      parse_backend_address,
      [](const Address& value) { return value == Address() ? Node{} : shown(value.text()); });
}

Type<Subnet> network() {
  return text_type<Subnet>(
      Shape{.words = "a network or one address: `10.0.0.0/8`, `2001:db8::/32` or `192.0.2.1`"},
      [](std::string_view text) -> Parsed<Subnet> {
        auto parsed = Subnet::parse(text);
        if (parsed) return *parsed;
        return wrong(fmt::format("{} is not a network: {}", ticked(text), parsed.error()));
      },
      [](const Subnet& value) { return shown(value.text()); });
}

Type<Pattern> pattern(Case sensitivity) {
  return with_cost(text_type<Pattern>(
      Shape{.words = "a pattern: `exact`, `with*glob`, `~regular expression` or `\"*\"`"},
      [sensitivity](std::string_view text) -> Parsed<Pattern> {
        auto parsed = Pattern::parse(text, sensitivity);
        if (!parsed) return wrong(parsed.error());
        return std::move(*parsed);
      },
      [](const Pattern& value) { return shown(value.text()); }));
}

Type<PathPattern> path_pattern() {
  return with_cost(text_type<PathPattern>(
      Shape{.words = "a path: `/exact`, `/prefix/*`, `/with*glob` or `~regular expression`"},
      [](std::string_view text) -> Parsed<PathPattern> {
        auto parsed = PathPattern::parse(text);
        if (!parsed) return wrong(parsed.error());
        return std::move(*parsed);
      },
      [](const PathPattern& value) { return shown(value.text()); }));
}

}  // namespace fairlead::core

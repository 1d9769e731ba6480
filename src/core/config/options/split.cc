// split of a route: pools by weight, and what keeps a client on its side.
#include <fmt/format.h>

#include <algorithm>

#include "core/config/options/cookie.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

constexpr Duration kUsualTtl = 24h * 30;
constexpr Duration kLongestTtl = 24h * 400;
constexpr std::string_view kExample = "for example `split: { stable: 90, canary: 10 }`";

// ---- the pools ------------------------------------------------------------------------

Parsed<uint32_t> parse_weight(std::string_view text) {
  if (text.ends_with('%')) {
    const std::string_view digits = text.substr(0, text.size() - 1);
    if (parse_number(digits, 0, 100))
      return wrong(fmt::format("{} has a unit", ticked(text)),
                   fmt::format("weights are parts of their sum: write `{}`", digits));
  }
  return parse_number(text, 0, ToSplit::kMostWeight);
}

Type<uint32_t> weight_type() {
  return text_type<uint32_t>(whole_number(0, ToSplit::kMostWeight).shape, parse_weight,
                             [](const uint32_t& weight) { return number(fmt::to_string(weight)); });
}

void read_split(ToSplit& split, const Node& node, Reader& reader) {
  static const Type<uint32_t> weight = weight_type();
  if (!node.is_map()) {
    reader.error(
        node,
        fmt::format("`split` must be a mapping from pools to weights, not {}", describe(node)),
        std::string(kExample));
    return;
  }
  bool any = false;
  const size_t problems = reader.notebook().problem_count();
  for (const Entry& entry : node.entries) {
    ToSplit::Part part{.pool = entry.key.text};
    reader.notes().pool_uses.push_back({entry.key.text, entry.key.spot});
    auto step = reader.into(entry.key.text);
    if (report_empty(entry.value, entry.key.text, "10", reader)) continue;
    weight.read(part.weight, entry.value, reader);
    any = any || part.weight > 0;
    split.parts.push_back(std::move(part));
  }
  if (split.parts.size() > ToSplit::kMost) {
    reader.error(node, fmt::format("a split over {} pools is too wide", split.parts.size()),
                 fmt::format("at most {}", ToSplit::kMost));
  } else if (!any && reader.notebook().problem_count() == problems) {
    reader.error(node,
                 split.parts.empty() ? "`split` names no pool" : "nobody in `split` has any weight",
                 split.parts.empty() ? std::string(kExample) : "give one of them 1 or more");
  }
}

Node show_split(const ToSplit& split) {
  Node node = map();
  for (const ToSplit::Part& part : split.parts)
    node.set(part.pool, number(fmt::to_string(part.weight)));
  return split.parts.empty() ? Node{} : node;
}

// ---- the side -------------------------------------------------------------------------

bool has_cookie(const SideConfig& side) { return side.cookie.has_value(); }
bool has_key(const SideConfig& side) { return side.key && !side.cookie; }

// Where a section has one, or will.
constexpr auto kCookie = [](auto& side) -> auto& {
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(side)>>) {
    if (!side.cookie) side.cookie = CookieConfig{.ttl = kUsualTtl};
    return *side.cookie;
  } else {
    static const CookieConfig usual{.ttl = kUsualTtl};
    return side.cookie ? *side.cookie : usual;
  }
};
constexpr auto kName = [](auto& side) -> auto& { return kCookie(side).name; };
constexpr auto kTtl = [](auto& side) -> auto& { return kCookie(side).ttl; };

Type<SideConfig> key() {
  const Type<KeySource> one = key_type(false);
  return {one.shape,
          [one](SideConfig& side, const Node& node, Reader& reader) {
            one.read(side.key.emplace(), node, reader);
          },
          [one](const SideConfig& side) { return side.key ? one.show(*side.key) : Node{}; }};
}

Node expand_side(const Node& node, Reader&) {
  return node.is_scalar() ? map_of("key", node) : node;
}

void finish_side(SideConfig& side, const Node& node, Reader& reader) {
  const Node* cookie = node.find("cookie");
  const Node* said_key = node.find("key");
  if (cookie != nullptr && said_key != nullptr) {
    reader.error(*said_key, fmt::format("{} has `cookie` and `key`", reader.where()),
                 "either Fairlead sets a cookie, or it goes by what is there");
    return;
  }
  if (cookie == nullptr) {
    for (const std::string_view each : {"ttl", "path", "domain", "same_site", "secure"}) {
      if (const Node* found = node.find(each))
        reader.error(*found, fmt::format("`{}` means nothing without `cookie`", each),
                     "it is of the cookie that Fairlead sets: `sticky: { cookie: side }`");
    }
    side.cookie.reset();
    if (!side.key) side.key = KeySource{};
    return;
  }
  if (const Node* fallback = node.find("fallback"))
    reader.error(*fallback, "`fallback` means nothing with `cookie`",
                 "leave it out: who has no cookie is given one");
  side.key = KeySource{KeyPart::cookie, side.cookie->name};
  side.fallback = KeySource{KeyPart::none};
  check_cookie(*side.cookie, node, reader);
}

std::vector<Option<SideConfig>> side_options() {
  std::vector<Option<SideConfig>> options = {
      Option<SideConfig>("key", kItself, key(),
                         "What a client is known by, as in a hashing algorithm.",
                         "cookie:session_id")
          .shown_when(has_key),
      Option<SideConfig>("fallback", &SideConfig::fallback, key_type(true),
                         "What instead, where a request has no such key; `none`: chance.", "none")
          .shown_when(has_key),
      Option<SideConfig>("cookie", kName, cookie_name(),
                         "Instead of a key: a cookie with a random text, which Fairlead sets for "
                         "who has none.",
                         "side")
          .shown_when(has_cookie),
      Option<SideConfig>("ttl", kTtl, duration(1min, kLongestTtl),
                         "How long clients keep that cookie.", "90d")
          .shown_when(has_cookie)};
  for (auto& option : cookie_options<SideConfig>(kCookie, has_cookie))
    options.push_back(std::move(option));
  return options;
}

}  // namespace

Type<ToSplit> split_type() {
  return {Shape{.kind = Shape::Kind::names,
                .words = "a mapping from pools to weights",
                .parts = {weight_type().shape}},
          read_split, show_split};
}

// `true` is no word that a section takes.
Type<SideConfig> side_type() {
  const Type<SideConfig> section = section_type<SideConfig, side_section>();
  return {section.shape,
          [section](SideConfig& side, const Node& node, Reader& reader) {
            const bool plain = node.is_scalar() && node.text == "true";
            section.read(side, plain ? scalar("client_ip", node.spot) : node, reader);
          },
          section.show};
}

const Section<SideConfig>& side_section() {
  static const Section<SideConfig> section = {
      .name = "side",
      .heading = "Sides of a split",
      .help =
          "`sticky` of a route with a `split`: a client goes to the same pool each time. When the "
          "weights change, only as many clients change sides as must. Without it, or `off`, each "
          "request goes by chance.",
      .options = side_options(),
      .expand = expand_side,
      .short_forms = {{Shape{.words = "`true`", .choices = {"true"}}, "sticky: true",
                       "sticky: { key: client_ip }"},
                      {key_type(false).shape, "sticky: cookie:session_id",
                       "sticky: { key: cookie:session_id }"}},
      .turn_off = [](SideConfig& side) { side = {}; },
      .is_off = [](const SideConfig& side) { return !side.key; },
      .finish = finish_side,
  };
  return section;
}

}  // namespace fairlead::core

// match: what must hold for a route to be taken.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

// Hosts are compared without their port and in lower case.
Type<Pattern> host() {
  Type<Pattern> type = pattern(Case::ignored);
  const std::string words = "a host: `example.com`, `*.example.com` or `~regular expression`";
  return text_type<Pattern>(
      Shape{.words = words},
      [](std::string_view text) -> Parsed<Pattern> {
        if (!text.starts_with('~')) {
          if (text.contains('/'))
            return wrong(fmt::format("{} is more than a host", ticked(text)),
                         "leave scheme and path out");
          const size_t colon = text.find(':');
          if (colon != text.npos && !text.starts_with('[')) {
            return wrong("hosts are compared without their port",
                         fmt::format("write `{}`", text.substr(0, colon)));
          }
        }
        auto parsed = Pattern::parse(text, Case::ignored);
        if (!parsed) return wrong(parsed.error());
        return std::move(*parsed);
      },
      type.show);
}

Type<std::string> method() {
  return text_type<std::string>(
      Shape{.words = "a method, such as `GET`", .pattern = "^[A-Z0-9!#$%&'*+.^_`|~-]+$"},
      [](std::string_view text) -> Parsed<std::string> {
        if (!is_token(text)) return wrong(fmt::format("{} is not a method", ticked(text)));
        std::string capitals(text);
        for (char& c : capitals) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        if (capitals != text) {
          return wrong(
              fmt::format("methods are case-sensitive, and {} is not in capitals", ticked(text)),
              fmt::format("did you mean `{}`?", capitals));
        }
        return capitals;
      },
      [](const std::string& value) { return scalar(value); });
}

using Headers = std::vector<std::pair<std::string, Pattern>>;

void read_headers(Headers& headers, const Node& node, Reader& reader) {
  if (!node.is_map()) {
    reader.error(node,
                 fmt::format("{} must be a mapping from names to patterns, not {}", reader.key(),
                             describe(node)),
                 "for example `headers: { user-agent: \"~Mobile\" }`");
    return;
  }
  const Type<Pattern> value = pattern();
  for (const Entry& entry : node.entries) {
    const std::string name = lower_case(entry.key.text);
    if (!is_token(name))
      reader.error(entry.key,
                   fmt::format("{} is not the name of a header", ticked(entry.key.text)));
    if (std::ranges::any_of(headers, [&](const auto& each) { return each.first == name; })) {
      reader.error(entry.key, fmt::format("the header {} is named twice", ticked(name)),
                   "names of headers are the same in any case");
    }
    if (report_empty(entry.value, entry.key.text, "\"*\"", reader)) continue;
    auto step = reader.into(entry.key.text);
    Pattern wanted;
    value.read(wanted, entry.value, reader);
    headers.emplace_back(name, std::move(wanted));
  }
}

Type<Headers> headers_type() {
  Shape shape{.kind = Shape::Kind::names,
              .words = "a mapping from names to patterns",
              .parts = {pattern().shape}};
  return {shape, read_headers, [](const Headers& headers) {
            Node node = map();
            for (const auto& [name, wanted] : headers) node.set(name, pattern().show(wanted));
            return headers.empty() ? Node{} : node;
          }};
}

// Nothing to write where nothing is asked for.
template <typename T>
Type<std::vector<T>> any_of(Type<T> item, std::string words) {
  Type<std::vector<T>> type = list_of(item, std::move(words));
  auto show = type.show;
  type.show = [show](const std::vector<T>& values) {
    return values.empty() ? Node{} : show(values);
  };
  return type;
}

Node expand(const Node& node, Reader&) {
  return node.is_scalar() || node.is_list() ? map_of("path", node) : node;
}

}  // namespace

const Section<MatchConfig>& match_section() {
  static const Section<MatchConfig> section = {
      .name = "match",
      .heading = "Matches",
      .help =
          "What must hold for a route to be taken: all that is named. Of a list, any one will do. "
          "Texts are "
          "patterns: `exact`, `with*glob` (a star stands for any characters), `~regular "
          "expression` (RE2, found "
          "anywhere unless anchored), `\"*\"` (present).",
      .options =
          {{"path", &MatchConfig::path, any_of(path_pattern(), "a list of paths"),
            "The path, normalised, without the query. `/api/*` matches whole segments: `/api`, "
            "`/api/` and "
            "`/api/1`, not `/apis`.",
            "/api/*"},
           {"host", &MatchConfig::host, any_of(host(), "a list of hosts"),
            "The host, without its port, in any case.", "[example.com, \"*.example.com\"]"},
           {"method", &MatchConfig::method, any_of(method(), "a list of methods"),
            "The method, in capitals.", "[GET, HEAD]"},
           {"headers", &MatchConfig::headers, headers_type(),
            "Request headers, by name in any case.",
            "{ accept-language: \"fr*\", user-agent: \"~Mobile|Android\" }"},
           {"client", &MatchConfig::client, any_of(network(), "a list of networks"),
            "The client's address: as `trusted_proxies` tell it, else that of the connection.",
            "[10.0.0.0/8]"}},
      .expand = expand,
      .short_forms = {{any_of(path_pattern(), "a path, or a list of paths").shape, "match: /api/*",
                       "match: { path: /api/* }"}},
  };
  return section;
}

}  // namespace fairlead::core

// rewrite: what a backend is asked for, where that differs from what the client asked for.
#include <fmt/format.h>

#include <algorithm>

#include "core/config/options/sections.h"
#include "core/config/options/template_text.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

using Kind = PathRewrite::Kind;

void take(std::expected<PathRewrite, PathRewrite::Fault> made, PathRewrite& rewrite, const Node& at,
          Reader& reader) {
  if (made) {
    rewrite = std::move(*made);
  } else {
    reader.error(at, fmt::format("{}: {}", reader.key(), made.error().message), made.error().hint);
  }
}

void read_regex(PathRewrite& rewrite, const Node& node, Reader& reader) {
  const bool two = node.items.size() == 2 && std::ranges::all_of(node.items, [](const Node& item) {
                     return item.is_scalar();
                   });
  if (!two) {
    reader.error(node, "`path` as a list is a regular expression and its replacement",
                 "for example `path: [\"^/old/(.*)\", '/new/\\1']`");
    return;
  }
  auto made = PathRewrite::by_regex(node.items[0].text, node.items[1].text);
  // The expression alone is judged first: then the fault is in the replacement.
  const bool expression_good = made || PathRewrite::by_regex(node.items[0].text, "/").has_value();
  take(std::move(made), rewrite, node.items[expression_good ? 1 : 0], reader);
  if (const auto doubt = rewrite.doubt())
    reader.warning(node.items[1], fmt::format("{}: {}", reader.key(), doubt->message), doubt->hint);
}

struct Prefixes {
  std::string strip{};
  std::string add{};
};

const Section<Prefixes>& prefixes_section() {
  static const Section<Prefixes> section = {
      .name = "rewrite_path",
      .heading = "Prefixes of paths",
      .help = "Takes a prefix off the path, and puts another one in front of it.",
      .options = {{"strip_prefix", &Prefixes::strip, text("a path"),
                   "Taken off by whole segments where the path begins so: `/api` makes `/api/1` "
                   "`/1`, `/api` `/`, and leaves `/apis`.",
                   "/api"},
                  {"add_prefix", &Prefixes::add, text("a path"), "Put in front.", "/v1"}},
  };
  return section;
}

void read_prefixes(PathRewrite& rewrite, const Node& node, Reader& reader) {
  Prefixes prefixes;
  read_section(prefixes_section(), prefixes, node, reader);
  if (node.entries.empty()) {
    reader.error(node, "`path` changes nothing", "for example `{ strip_prefix: /api }`");
    return;
  }
  for (const Entry& entry : node.entries) {
    const bool strips = entry.key.text == "strip_prefix";
    if (!strips && entry.key.text != "add_prefix") continue;
    auto made =
        PathRewrite::by_prefix(strips ? entry.value.text : "", strips ? "" : entry.value.text);
    if (!made) return take(std::move(made), rewrite, entry.value, reader);
  }
  take(PathRewrite::by_prefix(prefixes.strip, prefixes.add), rewrite, node, reader);
}

Node show_path(const PathRewrite& rewrite) {
  switch (rewrite.kind()) {
    case Kind::none: break;
    case Kind::by_template: return scalar(rewrite.first());
    case Kind::by_regex: return list({scalar(rewrite.first()), scalar(rewrite.second())});
    case Kind::by_prefix: {
      Node node = map();
      if (!rewrite.first().empty()) node.set("strip_prefix", scalar(rewrite.first()));
      if (!rewrite.second().empty()) node.set("add_prefix", scalar(rewrite.second()));
      return node;
    }
  }
  return {};
}

Shape template_shape() {
  return {.words = "a path, in which `{path}`, `{header:NAME}` and the like are filled in"};
}

Type<PathRewrite> path() {
  const Shape pair{.kind = Shape::Kind::list,
                   .words = "a regular expression (RE2) and its replacement",
                   .parts = {Shape{.words = "a text"}}};
  const Shape prefixes = section_type<Prefixes, prefixes_section>().shape;
  Shape shape{.kind = Shape::Kind::either,
              .words = template_shape().words +
                       "; or a list of a regular expression and its "
                       "replacement; or prefixes",
              .parts = {template_shape(), pair, prefixes}};
  return {shape,
          [](PathRewrite& rewrite, const Node& node, Reader& reader) {
            if (node.is_list()) return read_regex(rewrite, node, reader);
            // `{path}` without quotes is a mapping to YAML.
            const bool braces =
                node.is_map() && node.entries.size() == 1 && node.entries[0].value.null;
            if (node.is_map() && !braces) return read_prefixes(rewrite, node, reader);
            if (!expect_text(node, template_shape(), reader)) return;
            take(PathRewrite::by_template(node.text), rewrite, node, reader);
          },
          show_path};
}

// A host, a port perhaps; what is filled in is checked when it is known.
Type<std::optional<Template>> host() {
  return text_type<std::optional<Template>>(
      Shape{.words =
                "a host, perhaps with a port, in which `{header:NAME}` and the like are filled "
                "in"},
      [](std::string_view text) -> Parsed<std::optional<Template>> {
        auto parsed = parse_field_template(text, BackendFact::unknown);
        if (!parsed) return std::unexpected(parsed.error());
        if (text.empty()) return wrong("an empty text names no host");
        if (text.contains("://"))
          return wrong(fmt::format("{} is more than a host", ticked(text)),
                       "leave scheme and path out");
        const bool odd = text.find_first_of(" \t/?#@\\,") != text.npos;
        if (odd) return wrong(fmt::format("{} is not a host", ticked(text)));
        return std::optional(std::move(*parsed));
      },
      [](const std::optional<Template>& value) { return value ? scalar(value->text()) : Node{}; });
}

bool is_prefix(const Entry& entry) {
  return entry.key.text == "strip_prefix" || entry.key.text == "add_prefix";
}

// Prefixes that stand beside `host` are those of the path.
Node expand(const Node& node, Reader& reader) {
  if (node.is_scalar() || node.is_list()) return map_of("path", node);
  const auto first = std::ranges::find_if(node.entries, is_prefix);
  if (!node.is_map() || first == node.entries.end()) return node;
  if (node.find("path") != nullptr) {
    reader.error(first->key, fmt::format("`{}` and `path` both change the path", first->key.text),
                 "keep one of them");
  }
  Node out = map(node.spot);
  Node prefixes = map(first->key.spot);
  for (const Entry& entry : node.entries) {
    if (entry.key.text == "path") continue;
    (is_prefix(entry) ? prefixes : out).entries.push_back(entry);
  }
  out.set("path", std::move(prefixes));
  return out;
}

// What expand() has taken already.
Type<RewriteConfig> prefix_of_path() {
  return {Shape{.words = "a path"}, [](RewriteConfig&, const Node&, Reader&) {},
          [](const RewriteConfig&) { return Node{}; }};
}

void finish(RewriteConfig&, const Node& node, Reader& reader) {
  if (node.entries.empty())
    reader.error(node, fmt::format("{} changes nothing", reader.where()),
                 "for example `{ strip_prefix: /api }`");
}

}  // namespace

const Section<RewriteConfig>& rewrite_section() {
  static const Section<RewriteConfig> section = {
      .name = "rewrite",
      .heading = "Rewriting",
      .help =
          "What the backend is asked for, where that is not what the client asked for: "
          "docs/edits.md. The query is kept.",
      .options = {{"path", &RewriteConfig::path, path(),
                   "The path: a template, `[REGEX, REPLACEMENT]` on the normalised path, or "
                   "`{ strip_prefix: /api, add_prefix: /v1 }`.",
                   "{ strip_prefix: /api }"},
                  {"strip_prefix", kItself, prefix_of_path(),
                   "The same as in `path`: `{ strip_prefix: /api }` is `{ path: { strip_prefix: "
                   "/api } }`.",
                   "/api"},
                  {"add_prefix", kItself, prefix_of_path(), "The same as in `path`.", "/v1"},
                  {"host", &RewriteConfig::host, host(),
                   "What backends are told as the host. `x-forwarded-host` keeps the client's.",
                   "app.internal"}},
      .expand = expand,
      .short_forms = {{template_shape(), "rewrite: \"/v2{path}\"",
                       "rewrite: { path: \"/v2{path}\" }"},
                      {Shape{.kind = Shape::Kind::list,
                             .words = "a regular expression and its replacement",
                             .parts = {Shape{.words = "a text"}}},
                       "rewrite: [\"^/old/(.*)\", '/new/\\1']",
                       "rewrite: { path: [\"^/old/(.*)\", '/new/\\1'] }"}},
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core

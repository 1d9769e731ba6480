// What an HTTP probe asks in detail, and what its answer is held against.
#include <fmt/format.h>

#include <algorithm>

#include "core/config/options/health.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

// The probe frames its request by itself: one connection, one request, no body.
const std::vector<std::string> kOwnFields = {"connection", "content-length",    "expect",
                                             "te",         "transfer-encoding", "upgrade"};

// Shown to nobody: /api/v1/config is for more eyes than the file is.
bool is_secret(std::string_view name) {
  return name == "authorization" || name == "proxy-authorization" || name == "cookie";
}

// Reads a mapping from names to values, each name once. `check` says what is wrong with a name.
template <typename T>
void read_names(std::vector<std::pair<std::string, T>>& values, const Node& node, Reader& reader,
                const Type<T>& type, std::string_view example,
                Parsed<std::string> (*check)(std::string_view)) {
  if (!node.is_map()) {
    reader.error(node, fmt::format("{} must be a mapping, not {}", reader.key(), describe(node)),
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
      reader.error(entry.key, fmt::format("{} is named twice", ticked(*name)));
    }
    if (report_empty(entry.value, entry.key.text, "ok", reader)) continue;
    auto step = reader.into(entry.key.text);
    T value{};
    type.read(value, entry.value, reader);
    values.emplace_back(*name, std::move(value));
  }
}

Parsed<std::string> response_field(std::string_view text) {
  if (!is_token(text)) return wrong(fmt::format("{} is not the name of a header", ticked(text)));
  return lower_case(text);
}

Parsed<std::string> request_field(std::string_view text) {
  auto name = response_field(text);
  if (!name) return name;
  if (*name == "host") {
    return wrong("the `host` header has an option of its own", "write `host` beside `headers`");
  }
  if (contains(kOwnFields, *name)) {
    return wrong(fmt::format("{} is written by the probe itself", ticked(*name)), "leave it out");
  }
  return name;
}

// RFC 6901 3.
Parsed<std::string> json_pointer(std::string_view text) {
  if (!text.starts_with('/')) {
    return wrong(fmt::format("{} is not a JSON pointer", ticked(text)),
                 fmt::format("did you mean `/{}`?", text));
  }
  for (size_t at = text.find('~'); at != text.npos; at = text.find('~', at + 1)) {
    const std::string_view escape = text.substr(at, 2);
    if (escape == "~0" || escape == "~1") continue;
    return wrong(fmt::format("{} is not a JSON pointer", ticked(text)),
                 "`~` is written `~0`, and `/` in a name `~1`");
  }
  return std::string(text);
}

Type<NamedPatterns> named_patterns(std::string words, std::string_view example,
                                   Parsed<std::string> (*check)(std::string_view)) {
  Shape shape{.kind = Shape::Kind::names, .words = std::move(words), .parts = {pattern().shape}};
  return {shape,
          [example, check](NamedPatterns& values, const Node& node, Reader& reader) {
            read_names(values, node, reader, pattern(), example, check);
          },
          [](const NamedPatterns& values) {
            Node node = map();
            for (const auto& [name, wanted] : values) node.set(name, pattern().show(wanted));
            return values.empty() ? Node{} : node;
          }};
}

}  // namespace

Type<std::string> probe_path() {
  const auto parse = [](std::string_view text) -> Parsed<std::string> {
    if (!text.starts_with('/')) {
      const bool url = text.contains("://");
      return wrong(fmt::format("{} is not a path", ticked(text)),
                   url ? "the backend's address is known; write the path alone"
                       : fmt::format("did you mean `/{}`?", text));
    }
    const bool clean = std::ranges::all_of(text, [](char c) {
      return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f &&
             c != '#';
    });
    if (clean) return std::string(text);
    return wrong(fmt::format("{} holds what a path cannot", ticked(text)),
                 "write it as `%` and two hexadecimal digits");
  };
  return text_type<std::string>(Shape{.words = "a path, such as `/health`", .pattern = "^/"}, parse,
                                [](const std::string& value) { return scalar(value); });
}

Type<std::string> probe_method() {
  return choice<std::string>(
      {{"GET", "GET"}, {"HEAD", "HEAD"}, {"POST", "POST"}, {"OPTIONS", "OPTIONS"}});
}

Type<Fields> probe_headers() {
  Shape shape{.kind = Shape::Kind::names,
              .words = "a mapping from names to values",
              .parts = {text("a value").shape}};
  return {shape,
          [](Fields& fields, const Node& node, Reader& reader) {
            read_names(fields, node, reader, text("a value"), "headers: { x-probe: fairlead }",
                       request_field);
          },
          [](const Fields& fields) {
            Node node = map();
            for (const auto& [name, value] : fields) {
              node.set(name, scalar(is_secret(name) ? "(hidden)" : value));
            }
            return fields.empty() ? Node{} : node;
          }};
}

Type<std::optional<Pattern>> body_pattern() {
  return {
      pattern().shape,
      [](std::optional<Pattern>& value, const Node& node, Reader& reader) {
        Pattern wanted;
        pattern().read(wanted, node, reader);
        value = std::move(wanted);
      },
      [](const std::optional<Pattern>& value) { return value ? pattern().show(*value) : Node{}; }};
}

Type<NamedPatterns> json_patterns() {
  return named_patterns("a mapping from JSON pointers to patterns", "json: { /status: ok }",
                        json_pointer);
}

const Section<SignsConfig>& signs_section() {
  Type<std::vector<StatusRange>> status = status_ranges();
  status.show = [show = status.show](const std::vector<StatusRange>& values) {
    return values.empty() ? Node{} : show(values);
  };
  static const Section<SignsConfig> section = {
      .name = "signs",
      .heading = "Signs in an answer",
      .help =
          "What in the answer to an HTTP probe says that the backend is `degraded`, or `draining`. "
          "Any one is enough.",
      .options = {{"status", &SignsConfig::status, status,
                   "Statuses that say so, whether `expect` has them or not.", "429"},
                  {"headers", &SignsConfig::headers,
                   named_patterns("a mapping from names to patterns",
                                  "headers: { x-health: degraded }", response_field),
                   "Headers of the response, by name in any case.", "{ x-health: degraded }"},
                  {"body", &SignsConfig::body, body_pattern(), "The body, as in `body`.",
                   "\"*degraded*\""},
                  {"json", &SignsConfig::json, json_patterns(), "The body, as in `json`.",
                   "{ /status: degraded }"}},
      .finish =
          [](SignsConfig& signs, const Node& node, Reader& reader) {
            if (node.entries.empty() && signs == SignsConfig())
              reader.error(node, fmt::format("{} names no sign", reader.where()),
                           "for example `{ headers: { x-health: \"*\" } }`");
          },
  };
  return section;
}

}  // namespace fairlead::core

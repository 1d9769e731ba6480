// What an HTTP probe asks in detail, and what its answer is held against.
#include <fmt/format.h>

#include <algorithm>

#include "core/config/options/health.h"
#include "core/config/options/names.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// The probe frames its request by itself: one connection, one request, no body.
const std::vector<std::string> kOwnFields = {"connection", "content-length",    "expect",
                                             "te",         "transfer-encoding", "upgrade"};

// Shown to nobody: /api/v1/config is for more eyes than the file is.
bool is_secret(std::string_view name) {
  return name == "authorization" || name == "proxy-authorization" || name == "cookie";
}

Parsed<std::string> request_field(std::string_view text) {
  auto name = header_name(text);
  if (!name) return name;
  if (*name == "host") {
    return wrong("the `host` header has an option of its own", "write `host` beside `headers`");
  }
  if (contains(kOwnFields, *name)) {
    return wrong(fmt::format("{} is written by the probe itself", ticked(*name)), "leave it out");
  }
  return name;
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
          [shape](Fields& fields, const Node& node, Reader& reader) {
            read_names(fields, node, reader, text("a value"), shape,
                       "headers: { x-probe: fairlead }", request_field);
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
                                  "headers: { x-health: degraded }", header_name),
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

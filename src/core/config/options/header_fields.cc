#include "core/config/options/header_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/config/options/template_text.h"
#include "core/config/section.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

// A head has room for 256 fields, 200 of which a client may send.
constexpr size_t kMost = 32;

// RFC 9110 7.6.1: of one connection, not of the message.
constexpr std::array<std::string_view, 9> kOfConnection = {
    "connection",        "keep-alive",         "proxy-connection",    "te",     "trailer",
    "transfer-encoding", "proxy-authenticate", "proxy-authorization", "upgrade"};

// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

// What is in the way of a field of that name, in lower case.
std::expected<void, Wrong> check_name(std::string_view name, HeaderSide side) {
  const bool of_request = side == HeaderSide::request;
  if (name.starts_with(':'))
    return wrong(fmt::format("{} is part of the first line, and no header", ticked(name)),
                 of_request ? "`rewrite` changes the path and the host" : "leave it out");
  if (!is_token(name)) return wrong(fmt::format("{} is not the name of a header", ticked(name)));
  if (contains(kOfConnection, name))
    return wrong(
        fmt::format("{} is of one connection: Fairlead says it itself on each side", ticked(name)),
        "leave it out");
  if (name == "content-length")
    return wrong("`content-length` is counted, and never said by a configuration", "leave it out");
  if (name == "host" && of_request)
    return wrong("`host` is not edited as a header", "write `rewrite: { host: app.internal }`");
  if (name == "host") return wrong("a response has no `host`", "leave it out");
  if (name == "content-type" && side == HeaderSide::answer)
    return wrong("`content-type` of a response that Fairlead makes is no further field",
                 "write `content_type`, by which what is filled in is escaped");
  if (name == "expect" && of_request)
    return wrong("`expect` is between Fairlead and each of the two sides", "leave it out");
  return {};
}

void read_fields(std::vector<HeaderField>& fields, const Node& node, HeaderSide side,
                 Reader& reader) {
  if (!node.is_map()) {
    reader.error(node,
                 fmt::format("{} must be a mapping from names to values, not {}", reader.key(),
                             describe(node)),
                 "for example `{ x-tier: gold }`");
    return;
  }
  if (node.entries.size() > kMost)
    reader.error(node, fmt::format("{} has {} fields, and at most {} are allowed", reader.key(),
                                   node.entries.size(), kMost));
  const BackendFact backend =
      side == HeaderSide::response ? BackendFact::known : BackendFact::unknown;
  const Shape shape{.words = "a text, in which `{client_ip}`, `{host}` and the like are filled in"};
  for (const Entry& entry : node.entries) {
    HeaderField field{.name = lower_case(entry.key.text), .value = {}};
    if (const auto good = check_name(field.name, side); !good) {
      reader.error(entry.key, good.error().message, good.error().hint);
      continue;
    }
    if (std::ranges::any_of(fields, [&](const auto& each) { return each.name == field.name; }))
      reader.error(entry.key, fmt::format("the header {} is named twice", ticked(field.name)),
                   "names of headers are the same in any case");
    if (report_empty(entry.value, entry.key.text, "gold", reader)) continue;
    auto step = reader.into(entry.key.text);
    if (!expect_text(entry.value, shape, reader)) continue;
    auto value = parse_field_template(entry.value.text, backend);
    if (!value) {
      reader.error(entry.value, fmt::format("{}: {}", reader.key(), value.error().message),
                   value.error().hint);
      continue;
    }
    field.value = std::move(*value);
    fields.push_back(std::move(field));
  }
}

}  // namespace

Type<std::vector<HeaderField>> header_fields(HeaderSide side) {
  Shape shape{.kind = Shape::Kind::names,
              .words = "a mapping from names to values",
              .parts = {Shape{.words = "a text, in which `{client_ip}`, `{host}`, `{header:NAME}` "
                                       "and the like are filled in"}}};
  return {shape,
          [side](std::vector<HeaderField>& fields, const Node& node, Reader& reader) {
            fields.clear();
            read_fields(fields, node, side, reader);
          },
          [](const std::vector<HeaderField>& fields) {
            Node node = map();
            for (const HeaderField& field : fields)
              node.set(field.name, scalar(field.value.text()));
            return fields.empty() ? Node{} : node;
          }};
}

Type<std::vector<Pattern>> header_names(HeaderSide side) {
  Type<Pattern> name = text_type<Pattern>(
      Shape{.words = "the name of a header, or a pattern for names: `x-debug-*`"},
      [side](std::string_view text) -> Parsed<Pattern> {
        const bool several = text.starts_with('~') || text.contains('*');
        if (!several) {
          if (const auto good = check_name(lower_case(text), side); !good)
            return std::unexpected(good.error());
        }
        auto parsed = Pattern::parse(text, Case::ignored);
        if (!parsed) return wrong(parsed.error());
        return std::move(*parsed);
      },
      [](const Pattern& pattern) { return scalar(pattern.text()); });
  Type<std::vector<Pattern>> type = list_of(name, "a list of names");
  auto show = type.show;
  type.show = [show](const std::vector<Pattern>& names) {
    return names.empty() ? Node{} : show(names);
  };
  return type;
}

}  // namespace fairlead::core

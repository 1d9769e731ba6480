#include "core/config/options/names.h"

#include "core/config/types.h"
#include "core/query.h"

namespace fairlead::core {

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

Parsed<std::string> header_name(std::string_view text) {
  if (!is_token(text)) return wrong(fmt::format("{} is not the name of a header", ticked(text)));
  return lower_case(text);
}

Parsed<std::string> cookie_name(std::string_view text) {
  if (!is_token(text)) return wrong(fmt::format("{} is not the name of a cookie", ticked(text)));
  return std::string(text);
}

Parsed<std::string> parameter_name(std::string_view text) {
  if (text.empty()) return wrong("a parameter has a name");
  std::string storage;
  const std::string_view meant = decode_parameter(text, storage);
  if (text.contains('%') && meant != text) {
    return wrong(fmt::format("names are compared without escapes, and {} has one", ticked(text)),
                 fmt::format("write `{}`", meant));
  }
  return std::string(text);
}

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

// RFC 9110 8.3.1; parameters are taken as they are.
Type<std::string> media_type() {
  Type<std::string> type = text("a media type, such as `text/html`");
  type.read = [read = type.read, shape = type.shape](std::string& value, const Node& node,
                                                     Reader& reader) {
    if (node.is_scalar() && !node.null) {
      const std::string_view given = node.text;
      const std::string_view kind = given.substr(0, given.find_first_of("; \t"));
      const size_t slash = kind.find('/');
      const bool good =
          slash != kind.npos && is_token(kind.substr(0, slash)) && is_token(kind.substr(slash + 1));
      if (!given.empty() && !good)
        return report({fmt::format("{} is no media type", ticked(given)), {}}, node, shape, reader);
    }
    read(value, node, reader);
  };
  return type;
}

namespace {

Type<Pattern> checked_pattern(ValueCheck value_check) {
  Type<Pattern> type = pattern();
  if (value_check == nullptr) return type;
  type.read = [value_check, read = type.read, shape = type.shape](Pattern& value, const Node& node,
                                                                  Reader& reader) {
    const auto fault = node.is_scalar() ? value_check(node.text) : std::nullopt;
    if (fault) return report(*fault, node, shape, reader);
    read(value, node, reader);
  };
  return type;
}

}  // namespace

Type<NamedPatterns> named_patterns(std::string words, std::string_view example, NameCheck check,
                                   ValueCheck value_check) {
  const Type<Pattern> value = checked_pattern(value_check);
  Shape shape{.kind = Shape::Kind::names, .words = std::move(words), .parts = {value.shape}};
  return {shape,
          [shape, value, example, check](NamedPatterns& values, const Node& node, Reader& reader) {
            if (node.is_map() && node.entries.empty())
              reader.error(node, fmt::format("{} names nothing", reader.key()),
                           fmt::format("leave it out, or for example `{}`", example));
            read_names(values, node, reader, value, shape, example, check);
          },
          [](const NamedPatterns& values) {
            Node node = map();
            for (const auto& [name, wanted] : values) node.set(name, pattern().show(wanted));
            return values.empty() ? Node{} : node;
          }};
}

}  // namespace fairlead::core

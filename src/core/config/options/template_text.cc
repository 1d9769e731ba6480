#include "core/config/options/template_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/words.h"

namespace fairlead::core {
namespace {

// What no hint offers.
std::span<const Fact> without(BackendFact backend) {
  static constexpr Fact kBackend[] = {Fact::backend};
  if (backend == BackendFact::known) return {};
  return kBackend;
}

}  // namespace

Parsed<Template> parse_template(std::string_view text, BackendFact backend) {
  auto parsed = Template::parse(text, without(backend));
  if (!parsed) return wrong(parsed.error().message, parsed.error().hint);
  if (backend == BackendFact::unknown && parsed->asks_for(Fact::backend))
    return wrong("`{backend}`: nobody has chosen one when Fairlead answers by itself",
                 "leave it out");
  return std::move(*parsed);
}

Type<Template> template_text() {
  return text_type<Template>(
      Shape{.words =
                "a text, in which `{uri}`, `{host}`, `{header:NAME}` and the like are filled in"},
      [](std::string_view text) { return parse_template(text); },
      [](const Template& value) { return scalar(value.text()); });
}

Parsed<Template> parse_field_template(std::string_view text, BackendFact backend) {
  const bool clean = std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
  if (!clean)
    return wrong(fmt::format("{} holds a control character, and no field does", ticked(text)),
                 "a field is one line: leave the line end out");
  auto parsed = Template::parse(text, without(backend));
  if (!parsed) return wrong(parsed.error().message, parsed.error().hint);
  if (backend == BackendFact::unknown && parsed->asks_for(Fact::backend))
    return wrong("`{backend}`: nobody has chosen one yet when this is filled in",
                 "leave it out; `response_headers` know it");
  return std::move(*parsed);
}

}  // namespace fairlead::core

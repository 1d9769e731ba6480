#include "core/config/schema.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include "core/config/emit.h"
#include "core/config/options/sections.h"

namespace fairlead::core {
namespace {

// Every value may come from the environment, whatever else it must be.
constexpr std::string_view kVariable = "#/$defs/variable";

Node word(bool value) { return number(value ? "true" : "false"); }

Node reference(std::string_view to) { return map_of("$ref", scalar(std::string(to))); }

Node any_of(std::vector<Node> alternatives) {
  if (alternatives.size() == 1) return std::move(alternatives.front());
  return map_of("anyOf", list(std::move(alternatives)));
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
}

// What looks like a number, true or false is one to an editor.
Node choices_schema(const std::vector<std::string>& choices) {
  std::vector<Node> values;
  for (const std::string& each : choices) {
    values.push_back(scalar(each));
    if (is_number(each) || each == "true" || each == "false") values.push_back(number(each));
    if (each == "off") values.push_back(word(false));
  }
  return map_of("enum", list(std::move(values)));
}

class Writer {
 public:
  Node write() {
    const Outline& file = file_outline();
    Node schema = map_of("$schema", scalar("https://json-schema.org/draft/2020-12/schema"));
    schema.set("title", scalar("fairlead.yaml"));
    for (Entry& entry : object(file).entries) schema.entries.push_back(std::move(entry));
    Node variable = map_of("type", scalar("string"));
    variable.set("pattern", scalar("\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}"));
    definitions_.set("variable", std::move(variable));
    schema.set("$defs", std::move(definitions_));
    return schema;
  }

 private:
  Node object(const Outline& outline) {
    Node properties = map();
    for (const OptionOutline& option : outline.options) {
      Node described = map_of("description", scalar(option.help));
      for (Entry& entry : of(option.shape).entries) described.entries.push_back(std::move(entry));
      properties.set(option.name, std::move(described));
    }
    Node schema = map_of("type", scalar("object"));
    schema.set("description", scalar(outline.help));
    schema.set("properties", std::move(properties));
    schema.set("additionalProperties", word(false));
    return schema;
  }

  // Sections become definitions, written once.
  Node section(const Outline& outline) {
    if (definitions_.find(outline.name) == nullptr) {
      definitions_.set(outline.name, map());  // stands, so that it is not begun again from within
      std::vector<Node> forms = {object(outline)};
      for (const ShortForm& form : outline.short_forms) forms.push_back(of(form.shape));
      if (outline.can_be_off) forms.push_back(map_of("enum", list({scalar("off"), word(false)})));
      *definitions_.find(outline.name) = any_of(std::move(forms));
    }
    return reference("#/$defs/" + outline.name);
  }

  Node text(const Shape& shape) {
    if (!shape.choices.empty())
      return any_of({choices_schema(shape.choices), reference(kVariable)});
    if (shape.pattern.empty()) return map_of("type", list({scalar("string"), scalar("number")}));
    Node schema = map_of("type", scalar("string"));
    schema.set("pattern", scalar(shape.pattern));
    std::vector<Node> forms = {std::move(schema), reference(kVariable)};
    // What looks like a number is one to an editor: a status, or the 0 of a duration.
    if (re2::RE2::PartialMatch("1.25", shape.pattern)) {
      forms.push_back(map_of("type", scalar("number")));
    } else if (re2::RE2::PartialMatch("200", shape.pattern)) {
      forms.push_back(map_of("type", scalar("integer")));
    } else if (re2::RE2::PartialMatch("0", shape.pattern)) {
      forms.push_back(map_of("const", number("0")));
    }
    return any_of(std::move(forms));
  }

  Node whole_number(const Shape& shape) {
    Node schema = map_of("type", scalar("integer"));
    schema.set("minimum", number(fmt::format("{}", shape.least)));
    schema.set("maximum", number(fmt::format("{}", shape.most)));
    Node digits = map_of("type", scalar("string"));
    digits.set("pattern", scalar("^[0-9]+$"));
    return any_of({std::move(schema), std::move(digits), reference(kVariable)});
  }

  Node of(const Shape& shape) {
    switch (shape.kind) {
      case Shape::Kind::text: return text(shape);
      case Shape::Kind::number: return whole_number(shape);
      case Shape::Kind::section: return section(shape.outline());
      case Shape::Kind::list: {
        Node schema = map_of("type", scalar("array"));
        schema.set("items", of(shape.parts.front()));
        return schema;
      }
      case Shape::Kind::names: {
        Node schema = map_of("type", scalar("object"));
        schema.set("additionalProperties",
                   shape.parts.empty() ? word(false) : of(shape.parts.front()));
        return schema;
      }
      case Shape::Kind::either: {
        std::vector<Node> forms;
        for (const Shape& part : shape.parts) forms.push_back(of(part));
        return any_of(std::move(forms));
      }
    }
    return map();
  }

  Node definitions_ = map();
};

}  // namespace

std::string json_schema() { return pretty_json(Writer().write()) + "\n"; }

}  // namespace fairlead::core

// Section<S>: the options of one mapping in the file, and how the mapping becomes a value S.
//
// Each section is one table in a file of its own under options/. From the table derive reading with
// its errors, the suggestion for an unknown key, the schema, the reference page and the dump. A
// short form is a function from node to node (`expand`): it can mean nothing that the long form
// cannot say.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/emit.h"
#include "core/config/type.h"

namespace fairlead::core {

template <typename S>
struct Option {
  std::string_view name;
  Shape shape;
  std::string_view help;
  std::string_view example;
  std::function<void(S&, const Node&, Reader&)> read;
  std::function<Node(const S&)> show;

  // `access` leads from the section's value to the option's: a member pointer, or a function from
  // S& to T& that also takes a const S.
  template <typename Access, typename T>
  Option(std::string_view option_name, Access access, Type<T> type, std::string_view help_text,
         std::string_view example_text = {})
      : name(option_name),
        shape(type.shape),
        help(help_text),
        example(example_text),
        read([access, type](S& section, const Node& node, Reader& reader) {
          type.read(std::invoke(access, section), node, reader);
        }),
        show([access, type](const S& section) { return type.show(std::invoke(access, section)); }) {
  }

  // The same option, for the dump only where the section's value has a use for it.
  Option shown_when(bool (*useful)(const S&)) && {
    applies = useful;
    return std::move(*this);
  }

  bool (*applies)(const S&) = [](const S&) { return true; };
};

template <typename S>
struct Section {
  std::string_view name;     // "pool"
  std::string_view heading;  // of the reference page
  std::string_view help;
  std::vector<Option<S>> options;
  // Short forms into the long one; what it does not know it returns unchanged.
  std::function<Node(const Node&, Reader&)> expand = {};
  std::vector<ShortForm> short_forms = {};
  // `off`: how it changes the value, and how a value that is off is known.
  std::function<void(S&)> turn_off = {};
  std::function<bool(const S&)> is_off = {};
  // `on`, where it means something by itself; listed among the short forms.
  std::function<void(S&)> turn_on = {};
  // What no single option can check or complete.
  std::function<void(S&, const Node&, Reader&)> finish = {};
  S defaults = {};
};

// Where a section's value stands itself, for options that touch more than one member.
inline constexpr auto kItself = [](auto& section) -> auto& { return section; };

// Reports the keys of a mapping that are not among `known`: with the nearest, or that they are not
// in this version yet.
void check_keys(const Node& map, std::string_view section, const std::vector<std::string>& known,
                Reader& reader);

enum class Switch : uint8_t { none, off, reported };

// Whether a node is the word `off`; reports the words that some take for it, or for its contrary.
Switch read_switch(const Node& node, Reader& reader);

// `off` and, from a YAML 1.1 tool, `false`: `meaning`. Else what `other` takes.
template <typename T>
Type<T> off_or(T meaning, Type<T> other) {
  Type<T> type = word_or<T>("off", meaning, other);
  type.read = [meaning, other](T& value, const Node& node, Reader& reader) {
    const Switch word = read_switch(node, reader);
    if (word == Switch::off) value = meaning;
    if (word == Switch::none) other.read(value, node, reader);
  };
  return type;
}

// Reports a node that should be a mapping and is none.
void report_no_map(const Node& node, const std::vector<std::string>& known,
                   const std::vector<ShortForm>& short_forms, Reader& reader);

// Reports a key without a value. True when it is one.
bool report_empty(const Node& value, std::string_view key, std::string_view example,
                  Reader& reader);

template <typename S>
std::vector<std::string> names_of(const Section<S>& section) {
  std::vector<std::string> names;
  for (const auto& option : section.options) names.emplace_back(option.name);
  return names;
}

template <typename S>
void read_section(const Section<S>& section, S& value, const Node& given, Reader& reader) {
  const bool is_on = given.is_scalar() && (given.text == "on" || given.text == "true");
  if (section.turn_on && is_on) return section.turn_on(value);
  const Switch word = section.turn_off ? read_switch(given, reader) : Switch::none;
  if (word == Switch::off) section.turn_off(value);
  if (word != Switch::none) return;
  std::optional<Node> expanded;
  if (section.expand) expanded = section.expand(given, reader);
  const Node& node = expanded ? *expanded : given;
  if constexpr (requires { value.place; }) value.place = reader.place(given);
  if (node.kind == Node::Kind::none) return;  // `expand` has reported it
  if (!node.is_map()) return report_no_map(given, names_of(section), section.short_forms, reader);
  check_keys(node, section.name, names_of(section), reader);
  for (const Option<S>& option : section.options) {
    const Node* found = node.find(option.name);
    if (found == nullptr || report_empty(*found, option.name, option.example, reader)) continue;
    auto step = reader.into(option.name);
    option.read(value, *found, reader);
  }
  if (section.finish) section.finish(value, node, reader);
}

template <typename S>
Node show_section(const Section<S>& section, const S& value) {
  if (section.is_off && section.is_off(value)) return scalar("off");
  Node node = map();
  for (const Option<S>& option : section.options) {
    if (!option.applies(value)) continue;
    Node shown = option.show(value);
    if (shown.kind != Node::Kind::none) node.set(option.name, std::move(shown));
  }
  return node;
}

template <typename S>
Outline outline_of(const Section<S>& section) {
  Outline outline{.name = std::string(section.name),
                  .heading = std::string(section.heading),
                  .help = std::string(section.help),
                  .options = {},
                  .short_forms = section.short_forms,
                  .can_be_off = static_cast<bool>(section.turn_off)};
  for (const Option<S>& option : section.options) {
    const Node shown = option.show(section.defaults);
    outline.options.push_back({.name = std::string(option.name),
                               .help = std::string(option.help),
                               .example = std::string(option.example),
                               .default_text = flow_text(shown),
                               .shape = option.shape});
  }
  return outline;
}

// The section as the type of an option. The function gives the one table, built at its first use.
template <typename S, const Section<S>& (*get)()>
Type<S> section_type() {
  Shape shape{
      .kind = Shape::Kind::section, .words = "a mapping", .outline = []() -> const Outline& {
        static const Outline outline = outline_of(get());
        return outline;
      }};
  return {
      shape,
      [](S& value, const Node& node, Reader& reader) { read_section(get(), value, node, reader); },
      [](const S& value) { return show_section(get(), value); }};
}

}  // namespace fairlead::core

#include "core/config/section.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/options/later.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

const std::vector<std::string> kOffWords = {"no", "n", "off", "false", "none", "disabled"};
const std::vector<std::string> kOnWords = {"yes", "y", "on", "true", "enabled"};

std::string known_keys(std::vector<std::string> known) {
  std::ranges::sort(known);
  return fmt::format("known keys here: {}", enumerate(known, "and"));
}

// A YAML 1.1 tool that rewrote the file has turned `on` into `true`.
bool was_rewritten(std::string_view key, const std::vector<std::string>& known) {
  return (key == "true" || key == "True") && contains(known, "on");
}

}  // namespace

void check_keys(const Node& map, std::string_view section, const std::vector<std::string>& known,
                Reader& reader) {
  const std::string where = reader.where().empty() ? "" : " in " + reader.where();
  for (const Entry& entry : map.entries) {
    const std::string& key = entry.key.text;
    if (std::ranges::find(known, key) != known.end()) continue;
    if (is_later(section, key)) {
      reader.error(entry.key,
                   fmt::format("{}{} is not in this version of fairlead yet", ticked(key), where),
                   "leave it out for now");
    } else if (was_rewritten(key, known)) {
      reader.error(
          entry.key, fmt::format("unknown key {}{}", ticked(key), where),
          "a tool for YAML 1.1 has turned `on` into `true`; write `\"on\"` in quotes for it");
    } else {
      reader.error(entry.key, fmt::format("unknown key {}{}", ticked(key), where),
                   did_you_mean(key, known) + known_keys(known));
      // What was meant is there, under a wrong name.
      reader.notebook().note_lost(entry.key.spot,
                                  nearest(key, known).value_or("") + " " + entry.value.text);
    }
  }
}

Switch read_switch(const Node& node, Reader& reader) {
  if (!node.is_scalar()) return Switch::none;
  if (node.text == "off" || node.text == "false")
    return Switch::off;  // a YAML 1.1 tool writes off as false
  const std::string word = lower_case(node.text);
  if (contains(kOffWords, word)) {
    reader.error(node,
                 fmt::format("{}: {} is false to some YAML readers and a word to others",
                             reader.key(), ticked(node.text)),
                 "write `off`");
    return Switch::reported;
  }
  if (contains(kOnWords, word)) {
    reader.error(node,
                 fmt::format("{}: {} is true to some YAML readers and a word to others",
                             reader.key(), ticked(node.text)),
                 "leave the line out for what it is by itself, or give its settings");
    return Switch::reported;
  }
  return Switch::none;
}

bool report_empty(const Node& value, std::string_view key, std::string_view example,
                  Reader& reader) {
  if (!value.null) return false;
  if (value.reported) return true;
  reader.error(value, fmt::format("{} has no value", ticked(key)),
               example.empty() ? "" : fmt::format("for example `{}: {}`", key, example));
  return true;
}

void report_no_map(const Node& node, const std::vector<std::string>& known,
                   const std::vector<ShortForm>& short_forms, Reader& reader) {
  if (node.reported) return;
  reader.notebook().note_lost(node.spot, node.text);
  std::string hint;
  const size_t colon = node.text.find(':');
  if (node.is_scalar() && colon != node.text.npos &&
      std::ranges::find(known, node.text.substr(0, colon)) != known.end()) {
    hint = fmt::format("a space must follow the colon: `{}: {}`", node.text.substr(0, colon),
                       node.text.substr(colon + 1));
  } else if (!short_forms.empty()) {
    hint = fmt::format("for example `{}`", short_forms.front().example);
  } else {
    hint = known_keys(known);
  }
  reader.error(node,
               fmt::format("{} must be a mapping, not {}",
                           reader.where().empty() ? "the file" : reader.where(), describe(node)),
               hint);
}

}  // namespace fairlead::core

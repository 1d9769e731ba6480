#include "core/config/dump.h"

#include "core/config/emit.h"
#include "core/config/options/sections.h"

namespace fairlead::core {

namespace {

// A `$` begins a variable where the dump is read again.
void escape_variables(Node& node) {
  for (size_t at = node.text.find('$'); at != node.text.npos; at = node.text.find('$', at + 2)) {
    node.text.insert(at, "$");
  }
  for (Node& item : node.items) escape_variables(item);
  for (Entry& entry : node.entries) escape_variables(entry.value);
}

}  // namespace

std::string dump_yaml(const Config& config) {
  Node file = show_section(file_section(), config);
  escape_variables(file);
  return yaml_text(file);
}

std::string dump_json(const Config& config) {
  return json_text(show_section(file_section(), config));
}

}  // namespace fairlead::core

// Nodes into text: YAML for people, one line of YAML for the reference page, JSON for the API.
#pragma once

#include <string>
#include <string_view>

#include "core/config/node.h"

namespace fairlead::core {

// Block YAML, two spaces a level; what parse_yaml() reads back into the same tree.
std::string yaml_text(const Node& node);

// The same on one line: `{ http: /health }`. Empty for a node of kind none.
std::string flow_text(const Node& node);

std::string json_text(const Node& node);

// The same over several lines, two spaces a level.
std::string pretty_json(const Node& node, size_t indent = 0);

// The text as a JSON string, with its quotes. Bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

}  // namespace fairlead::core

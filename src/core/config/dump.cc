#include "core/config/dump.h"

#include "core/config/emit.h"
#include "core/config/options/sections.h"

namespace fairlead::core {

std::string dump_yaml(const Config& config) { return yaml_text(show_section(file_section(), config)); }

std::string dump_json(const Config& config) { return json_text(show_section(file_section(), config)); }

}  // namespace fairlead::core

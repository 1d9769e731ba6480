// Dump: a Config in its long form, every default written out.
//
// For `GET /api/v1/config`, and to compare: two files mean the same when their dumps are the same
// text, and a dump read again gives the same dump.
#pragma once

#include <string>

#include "core/config/config.h"

namespace fairlead::core {

std::string dump_yaml(const Config& config);
std::string dump_json(const Config& config);

}  // namespace fairlead::core

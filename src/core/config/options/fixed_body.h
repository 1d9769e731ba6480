// Files whose content is an answer, read with the configuration.
#pragma once

#include <string>
#include <string_view>

#include "core/config/edits.h"
#include "core/config/type.h"

namespace fairlead::core {

// The path of a file of at most 8 MiB, relative to the file that names it. Reads it.
Type<FixedBody> fixed_body();

// By the extension of a path; "application/octet-stream" for one that is not known.
std::string_view content_type_of(std::string_view path);

}  // namespace fairlead::core

// Header fields as options: mappings from names to what is said, and lists of names.
#pragma once

#include <cstdint>
#include <vector>

#include "core/config/edits.h"
#include "core/config/type.h"

namespace fairlead::core {

enum class HeaderSide : uint8_t {
  request,
  response,  // of a backend, or our own
  answer,    // our own: no backend is chosen
};

// A mapping from names to texts in which facts are filled in; at most 32.
Type<std::vector<HeaderField>> header_fields(HeaderSide side);

// A list of names, or of patterns for them.
Type<std::vector<Pattern>> header_names(HeaderSide side);

}  // namespace fairlead::core

// Templates as options: texts in which facts of a request are filled in.
#pragma once

#include <string_view>

#include "core/config/type.h"
#include "core/template.h"

namespace fairlead::core {

// Whether a backend is chosen where the text is filled in: else `{backend}` is refused.
enum class BackendFact : uint8_t { unknown, known };

Parsed<Template> parse_template(std::string_view text, BackendFact backend = BackendFact::unknown);

// Any text, of several lines too.
Type<Template> template_text();

// A text that fits into a field: no control characters.
Parsed<Template> parse_field_template(std::string_view text, BackendFact backend);

}  // namespace fairlead::core

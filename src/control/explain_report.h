// ExplainReport: an explanation as text for a person and as JSON for a program. Pure.
#pragma once

#include <string>

#include "core/explain/explanation.h"

namespace fairlead::control {

// Some lines; the last one says what becomes of the request.
std::string explain_text(const core::Explanation& explanation);

// An object, with a line end.
std::string explain_json(const core::Explanation& explanation);

}  // namespace fairlead::control

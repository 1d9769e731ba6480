// Schema: what fairlead.yaml may hold, as a JSON Schema (draft 2020-12) for editors.
#pragma once

#include <string>

namespace fairlead::core {

// The text of `fairlead schema`. It accepts what load() accepts, as far as a schema can tell.
std::string json_schema();

}  // namespace fairlead::core

// What YAML text may not hold at all, found before a parser sees it.
//
// Bytes that are no UTF-8, control characters, carriage returns alone, and directives (`%YAML`):
// nobody writes them on purpose, and libfyaml 0.7.12 can loop for ever in a directive with broken
// UTF-8.
#pragma once

#include "core/config/notebook.h"

namespace fairlead::core {

// The text of the source with every such thing reported, the first of each kind, and made harmless
// without moving anything else on its line. Cost: one pass.
std::string screen(Notebook& notebook, uint16_t source);

}  // namespace fairlead::core

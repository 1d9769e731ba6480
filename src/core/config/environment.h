// Environment: `${NAME}` and `${NAME:-default}` inside the values of a tree.
//
// Done on the tree, never on the text: whatever a variable holds, it stays inside its value and can
// add no key, list or line. `$$` writes one `$`. Keys are left alone. A default ends at the first
// `}` and is taken when the variable is not set, or empty.
#pragma once

#include "core/config/notebook.h"
#include "core/config/outside.h"

namespace fairlead::core {

// Replaces in place. Reports variables that are not set and have no default, and broken syntax.
void substitute(Node& tree, const Environment& environment, Notebook& notebook);

}  // namespace fairlead::core

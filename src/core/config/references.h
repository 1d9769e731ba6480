// References: the checks that need the whole configuration. Names of pools, addresses bound twice.
#pragma once

#include "core/config/reader.h"

namespace fairlead::core {

// Reports pools that are used and not there, there and not used (a warning, where nothing is
// wrong), settings of pools that nobody can use, and addresses that two listeners bind. Says
// nothing of names that a syntax error may have hidden.
void check_references(Reader& reader);

}  // namespace fairlead::core

// What loading a configuration needs of the world: files, shell patterns, environment variables.
#pragma once

#include "core/config/outside.h"

namespace fairlead::app {

// The machine's own. A file over 16 MiB is refused: no configuration is that long.
core::Outside real_world();

}  // namespace fairlead::app

// tell: what a command has to say goes to standard output, whole, or the command has failed.
#pragma once

#include <string_view>

namespace fairlead::app {

// An exit code: 0, or 1 where standard output took less than all of it, which is said to standard
// error.
int tell(std::string_view text);

}  // namespace fairlead::app

// errno -> Code: the one table.
#pragma once

#include "base/result.h"

namespace fairlead::net {

// What an errno of a socket call means for the connection. Unknown ones are `internal`.
Code code_of_errno(int error);
// "Connection refused (ECONNREFUSED)": for details in errors.
std::string describe_errno(int error);

}  // namespace fairlead::net

// `fairlead status`: one table of a running instance, asked of its admin address.
#pragma once

#include "base/address.h"

namespace fairlead::app {

// Prints the table to standard output, or to standard error why there is none. Gives the exit code:
// 0, or 1 where nothing answers there, or something that is no Fairlead.
int run_status(const Address& admin);

}  // namespace fairlead::app

// What is wrong with a head, in the words of Error.
#pragma once

#include "base/result.h"
#include "wire/http1_head.h"

namespace fairlead::http {

Code code_of(wire::http1::Fault fault);

}  // namespace fairlead::http

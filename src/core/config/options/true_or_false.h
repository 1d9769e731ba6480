// true or false.
#pragma once

#include "core/config/types.h"

namespace fairlead::core {

inline Type<bool> true_or_false() {
  Type<bool> type = choice<bool>({{"true", true}, {"false", false}});
  type.show = [](const bool& value) { return number(value ? "true" : "false"); };
  return type;
}

}  // namespace fairlead::core

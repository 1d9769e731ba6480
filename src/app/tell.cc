#include "app/tell.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace fairlead::app {

int tell(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return 0;
  fmt::print(stderr, "fairlead: cannot write to standard output: {}\n", std::strerror(errno));
  return 1;
}

}  // namespace fairlead::app

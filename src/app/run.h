// `fairlead run`: from flags or a file to a running instance.
#pragma once

#include <string>

namespace fairlead::app {

// Exit codes of every command (INTERFACE: "Command line").
inline constexpr int kDone = 0;
inline constexpr int kWrong = 1;  // the configuration or the request
inline constexpr int kUsage = 2;
inline constexpr int kCannotStart = 3;  // a port in use, say

struct RunFlags {
  std::string config;  // a path, or
  std::string listen;  // these two
  std::string to;
  std::string admin;  // an address, `off`, or nothing: as the configuration says
};

// Runs until it is told to stop; an exit code.
int run(const RunFlags& flags);
// Prints every problem of the file; an exit code.
int check(const std::string& path);

}  // namespace fairlead::app

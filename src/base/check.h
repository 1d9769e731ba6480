// CHECK: the program's own mistakes, not the world's.
//
// A failed CHECK says where and ends the process, in every build: a load balancer that goes on with
// a broken invariant sends somebody's bytes to somebody else. Limits, bad input and failing peers
// are ordinary errors (result.h) and never come here.
#pragma once

namespace fairlead {

// Writes "file:line: CHECK failed: text" to standard error and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* text) noexcept;

}  // namespace fairlead

#define CHECK(condition)                                        \
  do {                                                          \
    if (!(condition)) [[unlikely]]                              \
      ::fairlead::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)

// Include: the file that was named, and all that it includes, merged into one tree.
//
// Patterns are relative to the file that says them. Included files add `listeners` and `pools` and
// may include more, to kDeepestInclude; a file is read once, and one that includes itself is
// refused. Each entry keeps its place, so that problems name the file they are in and the chain
// that led there.
#pragma once

#include <string_view>

#include "core/config/notebook.h"
#include "core/config/outside.h"

namespace fairlead::core {

inline constexpr size_t kDeepestInclude = 8;
inline constexpr size_t kMostFiles = 1000;

// The path of a file that is named in the file `from`: relative to that one.
std::string resolved(std::string_view from, std::string_view path);

// The merged tree, with variables filled in; a node of kind none when the first file gives nothing.
Node read_files(std::string_view path, const Outside& outside, Notebook& notebook);

}  // namespace fairlead::core

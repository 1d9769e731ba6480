// YAML text into nodes, through libfyaml's events, with every complaint turned into a Problem.
//
// The library prints nothing and builds no document: from its events grows our own tree, which
// knows where each word stands. Refused: duplicate keys, aliases and merge keys (a small file could
// unfold into a huge one, and a reader could not see what a key means where it stands), tags, a
// second document, keys that are not plain text, nesting beyond kDeepest, more than kMostNodes
// pieces.
#pragma once

#include "core/config/notebook.h"

namespace fairlead::core {

inline constexpr size_t kLargestFile = 16 * 1024 * 1024;  // bytes
inline constexpr int kDeepest = 32;
inline constexpr size_t kMostNodes = 1'000'000;  // some 150 MB of tree at worst

// The tree of a source, or a node of kind none for an empty one. After a syntax error the tree
// holds what stood before it, where the error is a known trap also what stands behind it, and the
// source is told what was lost. Cost: linear in the text; each known trap, up to 20, costs one more
// pass.
Node parse_yaml(Notebook& notebook, uint16_t source);

}  // namespace fairlead::core

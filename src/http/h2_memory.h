// h2_memory: where nghttp2 gets its memory from.
//
// A request costs it a dozen small pieces, which come from the free lists of the thread. A
// connection costs it a buffer for the largest frame, of which a quiet one uses a page: that has
// pages of its own, or it would hold down what others had touched before.
#pragma once

#include <nghttp2/nghttp2.h>

namespace fairlead::http {

// For sessions that live and die on one thread.
nghttp2_mem* h2_memory();

}  // namespace fairlead::http

// The trace that a request is part of: kept, or begun here.
#pragma once

#include <string_view>

#include "base/random.h"
#include "core/config/edits.h"
#include "http/message.h"
#include "http/scratch.h"

namespace fairlead::proxy {

// Edits traceparent and tracestate as the listener's `trace` says; gives the trace's id. Of a
// traceparent that is not well formed, or there twice, neither field goes on (W3C Trace Context
// 4.3). Nothing ("") where the head has no room.
std::string_view trace(const core::TraceConfig& config, http::Request& request,
                       http::Scratch& scratch, Random& random);

}  // namespace fairlead::proxy

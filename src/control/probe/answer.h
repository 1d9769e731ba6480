// judge: what an answer over HTTP says of the backend that gave it.
//
// In this order: a status that means draining, or degraded; a status that is not expected; headers
// and a body that mean draining, or degraded; a body that is not as it should be. The first one
// that holds decides.
#pragma once

#include "control/probe/probe.h"
#include "http/fetch.h"

namespace fairlead::control {

// Of its status, headers and body alone. Cost: linear in the body, times the patterns for it.
ProbeResult judge(const core::ProbeConfig& config, const http::Fetched& answer);

}  // namespace fairlead::control

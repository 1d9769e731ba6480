// Maintenance: what is answered (core/maintenance: whom).
#pragma once

#include "core/config/config.h"
#include "http/answer.h"

namespace fairlead::proxy {

// The page, the file, or one of our own: as HTML for who asks for that, else a problem. Views the
// configuration.
http::Answer answer_of(const core::MaintenanceConfig& maintenance, const http::Request& request);

}  // namespace fairlead::proxy

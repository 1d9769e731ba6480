// The path and the host that the backend is asked for, where the route rewrites them.
#pragma once

#include "core/config/edits.h"
#include "core/template.h"
#include "http/message.h"
#include "http/scratch.h"
#include "wire/uri_path.h"

namespace fairlead::proxy {

// Edits the request's target and authority, in texts of the scratch; the query is kept. The new
// path is normalised as the client's was. Error: there is none that could be sent.
Result<void> rewrite(const core::RewriteConfig& config, const core::TemplateFacts& facts,
                     http::Request& request, http::Scratch& scratch, wire::EncodedSlash slash);

}  // namespace fairlead::proxy

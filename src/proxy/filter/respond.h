// Answers that a route makes by itself: redirects and responses.
#pragma once

#include "core/config/config.h"
#include "core/template.h"
#include "http/answer.h"

namespace fairlead::proxy {

// Error: `malformed`, the client's: of what it sent no target can be made (core/redirect_target.h).
Result<http::Answer> answer_of(const core::Redirect& redirect, const core::TemplateFacts& facts);

// Of a file: 304 where the client has it already. Views the configuration.
http::Answer answer_of(const core::Respond& respond, const core::TemplateFacts& facts,
                       const http::Request& request);

// Whether If-None-Match names the tag (RFC 9110 13.1.2, by weak comparison).
bool names_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace fairlead::proxy

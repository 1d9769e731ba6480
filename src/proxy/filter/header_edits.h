// Fields that a route takes out, sets and adds, on the way to the backend and back.
#pragma once

#include "core/config/edits.h"
#include "core/template.h"
#include "http/message.h"
#include "http/scratch.h"

namespace fairlead::proxy {

// Error (downstream's fault): what a value came out as is none for a field. Texts are made in the
// scratch, before anything changes: what is filled in is the request as the client sent it.
Result<void> edit_request(const core::HeaderEdits& edits, const core::TemplateFacts& facts,
                          http::Request& request, http::Scratch& scratch);

// A field whose value comes out as none is left out, and so is one for which the head has no room.
// `by_https`: how the client came.
void edit_response(const core::HeaderEdits& edits, const core::TemplateFacts& facts,
                   http::Response& response, http::Scratch& scratch, bool by_https);

// Whether a text may be the value of a field (RFC 9110 5.5): no control character but a tab.
bool is_field_value(std::string_view text);

// The template filled in: a view of itself where nothing is, else of the scratch.
std::string_view expand(const core::Template& text, const core::TemplateFacts& facts,
                        http::Scratch& scratch);

}  // namespace fairlead::proxy

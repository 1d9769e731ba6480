// The words of HTTP upstairs -> fields of HTTP/2, given to a stream.
#pragma once

#include <string_view>

#include "base/instant.h"
#include "http/h2_stream.h"
#include "http/message.h"

namespace fairlead::http {

// Queues the head of a response. `has_body` false: the stream ends with it. `now` is the Date of
// one that has none. False: the stream is gone.
bool write_head(H2Session& session, H2Stream& stream, const Response& response, uint16_t status,
                bool has_body, WallTime now);

// Queues an interim head.
void write_interim_head(H2Session& session, H2Stream& stream, const Response& response);

// Queues the head of a request, and begins the stream with it. False: a value holds what no head
// may hold.
bool write_head(H2Session& session, H2Stream& stream, const Request& request,
                std::string_view scheme, std::string_view default_host);

}  // namespace fairlead::http

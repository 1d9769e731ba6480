// The words of HTTP upstairs -> HTTP/1 heads in a writer.
#pragma once

#include <string_view>

#include "base/instant.h"
#include "http/h1_writer.h"
#include "http/message.h"

namespace fairlead::http {

// Queues a request's head: its target, Host first, then the fields that are not hop by hop, then
// our own framing. `default_host` stands in where a client of HTTP/1.0 named none. False: a value
// holds what no head may hold; nothing is queued.
bool write_head(H1Writer& writer, const Request& request, std::string_view default_host);

// How the connection goes on behind a response.
enum class Persistence : uint8_t { keep, keep_said, close };  // keep_said: to a client of HTTP/1.0

// Queues a response's head, framed as `framing` says. `now` is the Date of one that has none (RFC
// 9110 6.6.1).
bool write_head(H1Writer& writer, const Response& response, Framing framing,
                Persistence persistence, WallTime now);

// Queues an interim head, or the 101 of an upgrade.
bool write_interim_head(H1Writer& writer, const Response& response);

}  // namespace fairlead::http

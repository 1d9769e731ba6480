// gRPC over HTTP/2, as far as a proxy has to know it (grpc/doc/PROTOCOL-HTTP2.md): which requests
// are calls, how long their callers wait, and how errors are said to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "http/message.h"

namespace fairlead::http {

// Whether it is a call, of gRPC or of gRPC-Web.
bool is_grpc(const Request& request);

// How long the caller waits, of grpc-timeout: "100m" is 100 ms. Nothing where it says none, or what
// cannot be read.
std::optional<Duration> grpc_timeout(const Request& request);

// What a caller is told where HTTP would answer with this status.
uint8_t grpc_status_of(uint16_t http_status);

// The status of HTTP that says of a backend what this grpc-status does: 503 of "14". 200 where it
// is the caller's own affair, or none.
uint16_t http_status_of(std::string_view grpc_status);

// The value of grpc-status in trailers; "" where there is none.
std::string_view grpc_status_in(std::string_view trailers);

// A message as grpc-message carries it: bytes beyond visible ASCII as %XX.
std::string grpc_message(std::string_view text);

}  // namespace fairlead::http

// gRPC's health service (grpc.health.v1.Health/Check): the one message that is sent and the one
// that comes back, in the framing of gRPC over HTTP/2, and how a call's status is written.
//
// Refuses compressed messages, which a client that offers no compression must not get.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace fairlead::wire::grpc {

// health.proto: HealthCheckResponse.ServingStatus.
enum class Serving : uint8_t { unknown = 0, serving = 1, not_serving = 2, service_unknown = 3 };

// A framed HealthCheckRequest. Empty: the server as a whole.
std::string health_request(std::string_view service);

// Of a whole response body; what is wrong with it is said in words. A status that the protocol does
// not have is `unknown`.
std::expected<Serving, std::string> parse_health_response(std::string_view body);

std::string_view name_of(Serving serving);  // "NOT_SERVING"

// The name of a `grpc-status`: "UNIMPLEMENTED" for "12"; the text itself where it has none.
std::string status_name(std::string_view status);

// `grpc-message` is percent-encoded; what is wrongly encoded stays as it is.
std::string decode_message(std::string_view text);

}  // namespace fairlead::wire::grpc

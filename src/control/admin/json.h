// JSON answers of the admin API. Only .cc files that build JSON include the library itself.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "base/instant.h"
#include "http/answer.h"

namespace fairlead::control {

using Json = nlohmann::ordered_json;

// 200 with this body. Bytes that are no UTF-8 become U+FFFD.
http::Answer json_answer(const Json& json);
// The same with another status and as a problem (RFC 9457): `json` has its type, title and status.
http::Answer problem_answer(uint16_t status, const Json& json);

// Seconds with six places at most, as every span in the API.
double seconds_of(Duration span);

}  // namespace fairlead::control

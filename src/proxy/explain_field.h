// The field x-fairlead-explain of a response: why the request went where it went, in one line.
//
//   listener=web; route=api; pool=api; backend=10.0.0.1:80; reason=least_connections among 2 of 3
//
// It names backends, so it is written only for trusted peers that ask (proxy/request_edit).
#pragma once

#include <string>
#include <string_view>

#include "core/pool.h"
#include "core/router.h"

namespace fairlead::proxy {

inline constexpr std::string_view kExplainField = "x-fairlead-explain";

// Null: there is none. `reason`: in words. Bytes that no field may hold become '?'.
std::string explain_field(const core::ListenerConfig& listener, const core::Route* route,
                          const core::Pool* pool, const core::Backend* backend,
                          std::string_view reason);

// Why a pool's balancer gave this backend: its algorithm, its choice, and which attempt it is.
std::string pick_reason(const core::Pool& pool, uint32_t attempt);

}  // namespace fairlead::proxy

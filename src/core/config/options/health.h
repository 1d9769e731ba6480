// The parts of `health` that stand in files of their own: what a kind of probe asks, and what is
// made of an HTTP answer.
#pragma once

#include <optional>

#include "core/config/section.h"

namespace fairlead::core {

// ---- health_kinds.cc --------------------------------------------------------------------

// The option that names a kind, with its settings.
Type<ProbeConfig> http_kind();
Type<ProbeConfig> tcp_kind();
Type<ProbeConfig> grpc_kind();
Type<ProbeConfig> redis_kind();
Type<ProbeConfig> postgres_kind();

// ---- health_answer.cc ------------------------------------------------------------------

Type<std::string> probe_method();
// Fields of a probe's request: not those that it writes itself.
Type<std::vector<std::pair<std::string, std::string>>> probe_headers();
Type<std::optional<Pattern>> body_pattern();
Type<NamedPatterns> json_patterns();
const Section<SignsConfig>& signs_section();

// A path with its query, as a request line holds it.
Type<std::string> probe_path();

}  // namespace fairlead::core

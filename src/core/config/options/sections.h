// The sections of the configuration: one table each, in the file of the same name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/section.h"

namespace fairlead::core {

const Section<Config>& file_section();
const Section<std::optional<Address>>& admin_section();
const Section<AccessLogConfig>& access_log_section();
const Section<ListenerConfig>& listener_section();
const Section<HttpLimits>& http_section();
const Section<TlsConfig>& tls_section();
const Section<CertificateConfig>& certificate_section();
const Section<RouteConfig>& route_section();
const Section<MatchConfig>& match_section();
const Section<CertificateMatch>& certificate_match_section();
const Section<Redirect>& redirect_section();
const Section<Respond>& respond_section();
const Section<RetryConfig>& retry_section();
const Section<HedgeConfig>& hedge_section();
const Section<SideConfig>& side_section();
const Section<RewriteConfig>& rewrite_section();
const Section<HeaderEdits>& request_headers_section();
const Section<HeaderEdits>& response_headers_section();
const Section<BufferConfig>& buffer_section();
const Section<MirrorConfig>& mirror_section();
const Section<MaintenanceConfig>& maintenance_section();
const Section<TraceConfig>& trace_section();
const Section<PoolConfig>& pool_section();
const Section<StickyConfig>& sticky_section();
const Section<ProbeConfig>& health_section();
const Section<PassiveConfig>& passive_section();
const Section<QueueConfig>& queue_section();
const Section<BackendTlsConfig>& backend_tls_section();
const Section<BackendConfig>& backend_section();

// `true`, `off` or the settings.
Type<std::optional<BackendTlsConfig>> backend_tls_type();

// `balance`: the name of an algorithm, or a mapping from that name to its settings.
Type<BalanceConfig> balance_type();

// `split`: a mapping from pools to weights.
Type<ToSplit> split_type();
// `sticky` of a route.
Type<SideConfig> side_type();
// `sticky` of a pool.
Type<StickyConfig> sticky_type();
// The secrets that cookies are sealed with.
Type<std::vector<SecretConfig>> secrets_type();

// What a request is kept together by: `client_ip`, `cookie:NAME` and the like.
Type<KeySource> key_type(bool may_be_none);

// A status, or a range of them.
Type<std::vector<std::pair<uint16_t, uint16_t>>> status_ranges();
// One status of those allowed, all of them when there are none.
Type<uint16_t> status_type(std::vector<uint16_t> allowed, uint16_t least = 100,
                           uint16_t most = 599);

// The options of all sections: for the schema and the reference page.
const Outline& file_outline();

}  // namespace fairlead::core

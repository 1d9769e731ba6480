// Config: the whole of fairlead.yaml as values, checked and complete.
//
// What parsing ends in and what everything else begins with. No text that could still be wrong is
// left in here: patterns are compiled, addresses parsed, names of pools known to exist. The
// defaults of all that can be configured stand here; the descriptors (config/options) read them
// from a default object. Parsers and services that no configuration reaches have their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/certificate.h"
#include "base/instant.h"
#include "core/config/edits.h"
#include "core/hash_key.h"
#include "core/pattern.h"
#include "core/template.h"

namespace fairlead::core {

// Where in the files something was said; `explain` and the logs name it.
struct Place {
  std::string file;
  int line = 0;    // from 1; 0: said on the command line, or a default
  int column = 0;  // from 1
};

// ---- TLS ------------------------------------------------------------------------------

enum class TlsVersion : uint8_t { v1_2, v1_3 };

// A certificate with its key: the paths as they were said, and what the files held.
struct CertificateConfig {
  std::string cert{};
  std::string key{};
  std::string
      ocsp{};  // of listeners: what its issuer says of it (RFC 6960), in DER; empty: nothing
  std::string cert_text{};
  std::string key_text{};
  std::string staple{};  // what `ocsp` held, where it is good for anything
  CertificateFacts facts{};
  StapleFacts staple_facts{};
  bool operator==(const CertificateConfig&) const = default;
};

// How TLS is spoken with backends.
struct BackendTlsConfig {
  std::string ca{};  // who signs their certificates; empty: the system's CAs
  std::string ca_text{};
  std::string server_name{};  // that is asked for and verified; empty: the backend's IP address
  bool verify = true;
  CertificateConfig certificate{};  // shown where it is asked for; empty: none
  TlsVersion min_version = TlsVersion::v1_2;
  bool operator==(const BackendTlsConfig&) const = default;
};

// ---- pools ----------------------------------------------------------------------------

struct BackendConfig {
  Address address;
  uint32_t weight = 1;    // 0 (no new work) to 1000
  std::string zone = {};  // empty: of none
  uint32_t priority = 0;  // 0 is used first
  bool backup = false;    // used only where no other is
  Place place = {};
};

using StatusRange = std::pair<uint16_t, uint16_t>;  // both ends included
using NamedPatterns = std::vector<std::pair<std::string, Pattern>>;

// What bytes a TCP probe sends and must hear. Empty: neither.
struct TcpProbeConfig {
  std::string send{};
  std::string expect{};  // contained in the first 4 KiB
  bool operator==(const TcpProbeConfig&) const = default;
};

struct RedisProbeConfig {
  std::string user{};  // empty: the default user
  std::string auth{};  // the password; empty: none is sent
  bool operator==(const RedisProbeConfig&) const = default;
};

struct PostgresProbeConfig {
  enum class Role : uint8_t { any, primary, replica };
  std::string user = "postgres";
  std::string database{};  // empty: named like the user
  std::string password{};  // empty: none is known
  Role role = Role::any;
  bool operator==(const PostgresProbeConfig&) const = default;
};

// What in an HTTP answer is a word of the backend about itself: any of it is enough.
struct SignsConfig {
  std::vector<StatusRange> status{};  // answers that pass though `expect` has them not
  NamedPatterns headers{};            // of the response, names in lower case
  std::optional<Pattern> body{};
  NamedPatterns json{};  // by JSON pointer (RFC 6901)
  bool operator==(const SignsConfig&) const = default;
};

struct ProbeConfig {
  enum class Kind : uint8_t { off, tcp, http, grpc, redis, postgres };
  Kind kind = Kind::tcp;
  uint32_t port = 0;  // 0: the backend's own

  // http only
  std::string path = "/";
  std::string method = "GET";
  std::string host{};                                          // empty: the backend's address
  std::vector<std::pair<std::string, std::string>> headers{};  // of the request, in lower case
  std::vector<StatusRange> expect = {{200, 399}};
  std::optional<Pattern> body{};
  NamedPatterns json{};
  SignsConfig degraded{};  // it serves, but not well
  SignsConfig draining{};  // it wants to leave

  TcpProbeConfig tcp{};
  std::string grpc_service{};  // empty: the server as a whole
  RedisProbeConfig redis{};
  PostgresProbeConfig postgres{};

  std::optional<BackendTlsConfig> tls{};  // nothing: in clear text
  bool tls_is_own = false;                // said of the probe; else as the pool has it

  Duration interval = 10s;
  Duration fast_interval = 1s;  // while a change is under way; never slower than `interval`
  Duration timeout = 5s;
  uint32_t healthy_threshold = 2;
  uint32_t unhealthy_threshold = 3;
  bool operator==(const ProbeConfig&) const = default;
};

// Errors among what came back from a backend in the last `window`, in percent.
struct ErrorRateConfig {
  bool on = true;
  uint32_t degrade = 10;  // above it, its share of the work shrinks
  uint32_t eject = 50;    // above it, it is ejected
  Duration window = 30s;
  uint32_t min_requests = 20;  // fewer in the window say nothing
  bool operator==(const ErrorRateConfig&) const = default;
};

// A backend that is far worse than the others of its pool. Off unless asked for: docs/health.md.
struct OutlierConfig {
  bool on = false;
  uint32_t factor_tenths = 19;  // so many tenths of a standard deviation below the pool's mean
  uint32_t min_backends = 5;    // with enough requests; fewer have no mean worth the name
  uint32_t min_requests = 100;  // of a backend, in the error rate's window
  bool operator==(const OutlierConfig&) const = default;
};

// What traffic has to say about the health of a backend.
struct PassiveConfig {
  bool on = true;
  uint32_t consecutive_errors = 5;  // 0: not counted
  ErrorRateConfig error_rate;
  OutlierConfig outlier;
  Duration eject_for = 30s;   // the first time; doubled at each further ejection
  uint32_t max_ejected = 50;  // percent of the pool's backends
  bool operator==(const PassiveConfig&) const = default;
};

struct BalanceConfig {
  std::string algorithm = "power_of_two";  // a name of balance/list.inc
  std::optional<KeySource> key = {};       // nothing: the algorithm takes none
  KeySource fallback = {};                 // where a request has no such key
  uint32_t bounded_load = 0;               // percent of its share that one may have; 0: no bound
  uint32_t table_size = 65537;             // of maglev; prime
  uint32_t virtual_nodes = 150;            // of ring_hash, for each unit of weight

  bool operator==(const BalanceConfig&) const = default;
};

// Where this instance stands among others; said once for all pools.
struct Locality {
  std::string zone;                  // empty: zones of backends mean nothing
  std::optional<uint32_t> instance;  // its number among those that share a pool, from 0
};

// Who waits for a backend that has room.
struct QueueConfig {
  uint32_t limit = 1000;  // at once, over all workers; 0: nobody waits
  Duration timeout = 5s;

  bool operator==(const QueueConfig&) const = default;
};

// A cookie that Fairlead sets itself.
struct CookieConfig {
  enum class SameSite : uint8_t { lax, strict, none };
  enum class Secure : uint8_t { automatic, always, never };  // automatic: who came by https
  std::string name{};
  Duration ttl = 24h;
  std::string path = "/";
  std::string domain{};  // empty: the host that it came from, and no other
  SameSite same_site = SameSite::lax;
  Secure secure = Secure::automatic;
  bool operator==(const CookieConfig&) const = default;
};

// How the clients of a pool are kept at their backends.
struct StickyConfig {
  enum class Kind : uint8_t { off, cookie, learn };
  Kind kind = Kind::off;
  CookieConfig cookie{};        // of learn: the name of the application's own, and how long
  uint32_t size = 100'000;      // of learn: sessions that are known at once
  bool finish_on_drain = true;  // those who are kept at a draining backend stay until its end
  bool on() const { return kind != Kind::off; }
  bool operator==(const StickyConfig&) const = default;
};

// What cookies are sealed with.
struct SecretConfig {
  std::string text{};  // the secret itself
  std::string file{};  // where it was read from; empty: it was said
  bool operator==(const SecretConfig&) const = default;
};

// What is spoken to the backends of an HTTP pool.
enum class UpstreamProtocol : uint8_t {
  automatic,  // over TLS what both know best, in clear text HTTP/1.1
  http1,
  http2,
};

struct PoolConfig {
  std::string name;
  UpstreamProtocol protocol = UpstreamProtocol::automatic;
  BalanceConfig balance;
  StickyConfig sticky;
  ProbeConfig health;
  PassiveConfig passive;
  Duration slow_start = 0s;  // how long a backend that comes back takes to its full share; 0: none
  std::optional<BackendTlsConfig> tls;  // nothing: clear text
  Duration connect_timeout = 3s;        // TLS included
  Duration idle_timeout = 60s;          // of an idle connection that is kept for reuse
  uint32_t idle_connections = 256;      // kept for each backend and worker; 0: none
  Duration drain_timeout = 30s;         // of work at a backend that is to get no more of it
  // At once at each backend, over all workers; 0: no limit; kAdaptive: as its answers allow.
  static constexpr uint32_t kAdaptive = UINT32_MAX;
  uint32_t max_connections = 0;
  QueueConfig queue;                     // for those who come when all are at their limit
  bool reject_when_none_healthy = true;  // when_none_healthy: reject, or use_all
  uint32_t subset = 0;                   // backends that one instance uses; 0: all
  Locality here;                         // as in Config
  std::vector<BackendConfig> backends;
  Place place;
};

// ---- routes ---------------------------------------------------------------------------

// What a client's certificate must say of it. An empty list holds always.
struct CertificateMatch {
  std::vector<Pattern> subject{};  // RFC 4514: "CN=alice,O=Example"
  std::vector<Pattern> san{};      // of one of its other names: "DNS:alice.example"

  bool asks() const { return !subject.empty() || !san.empty(); }
};

// What must all hold. An empty list holds always.
struct MatchConfig {
  std::vector<Pattern> host;
  std::vector<PathPattern> path;
  std::vector<std::string> method;
  NamedPatterns headers;  // names in lower case
  NamedPatterns cookies;
  NamedPatterns query;  // names without escapes
  NamedPatterns body;   // by JSON pointer (RFC 6901)
  std::vector<Subnet> client;
  CertificateMatch certificate;
};

inline constexpr uint32_t kNoBudget = UINT32_MAX;

struct RetryConfig {
  uint32_t attempts = 2;              // further ones, after the first; 0 to 10
  bool on_connect = true;             // could not connect: nothing was sent
  bool on_reset = true;               // broke off before its response, and idempotent
  std::vector<uint16_t> on_status{};  // of 502, 503, 504; and idempotent
  Duration per_try_timeout = 0s;      // of an attempt, to its response's head; 0: none of its own
  uint32_t budget = 20;               // percent of the pool's live work, or kNoBudget
};

// When a second backend is asked for the same response (proxy/hedge).
struct HedgeConfig {
  Duration after{};    // from the pick; 0: not by time
  uint32_t share = 0;  // once the first is slower than so many percent are; 0: not by that

  bool on() const { return after > Duration::zero() || share > 0; }
};

struct ToPool {
  std::string pool;
};
// One of several pools, by weight.
struct ToSplit {
  struct Part {
    std::string pool;
    uint32_t weight = 0;  // of the sum; 0: off
    bool operator==(const Part&) const = default;
  };
  static constexpr size_t kMost = 32;
  static constexpr uint32_t kMostWeight = 100'000;
  std::vector<Part> parts;  // in the order of the file; at least one has a weight
};

// What keeps a client on its side of a split.
struct SideConfig {
  std::optional<KeySource> key{};        // nothing: each request goes by chance
  KeySource fallback{};                  // where a request has no such key
  std::optional<CookieConfig> cookie{};  // that Fairlead sets; it is the key then
};

struct Redirect {
  Template to;
  uint16_t status = 301;
  // Said as `https`, and in no other words: nothing for who came by https, to whom it would lead in
  // circles behind a proxy that ends TLS.
  bool only_plain = false;
};
struct Respond {
  uint16_t status = 200;
  Template body;
  FixedBody file{};  // instead of `body`
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<HeaderField> headers{};  // further ones
};

// What is refused first when the loop lags (core/shedding).
enum class Priority : uint8_t { low, normal, high };

struct RouteConfig {
  std::string name;  // as in metrics: given, or "listener/index"
  MatchConfig match;
  std::variant<ToPool, ToSplit, Redirect, Respond> action;
  SideConfig side;  // of ToSplit
  Duration timeout = 30s;
  RetryConfig retry;
  HedgeConfig hedge;
  Priority priority = Priority::normal;
  RewriteConfig rewrite;
  HeaderEdits request_headers;
  HeaderEdits response_headers;
  uint32_t max_body = 0;         // bytes of a request's body; 0: no limit
  uint32_t max_connections = 0;  // requests at once, over all workers; 0: no limit
  BufferConfig buffer;
  MirrorConfig mirror;
  MaintenanceConfig maintenance;
  Place place;
};

// ---- listeners ------------------------------------------------------------------------

enum class Protocol : uint8_t { http, tcp };

// What becomes of a request whose path holds %2f or %5c (docs/paths.md).
enum class EncodedSlash : uint8_t { refuse, keep };

// Which versions of HTTP a listener speaks.
struct HttpVersions {
  bool http1 = true;
  bool http2 = true;
  bool operator==(const HttpVersions&) const = default;
};

struct HttpLimits {
  HttpVersions versions;
  Duration max_connection_age{};          // of a client's connection, then it ends; 0: no limit
  uint32_t max_streams = 100;             // at once on one connection of HTTP/2
  Duration header_timeout = 10s;          // from the first byte (or accept) to the whole head
  Duration body_timeout = 30s;            // each idle stretch of a client's body
  Duration tunnel_timeout = 1h;           // each idle stretch of an upgraded connection
  uint32_t max_header_bytes = 64 * 1024;  // request line and fields together
  uint32_t max_header_fields = 200;
  uint32_t max_request_line = 64 * 1024;
  EncodedSlash encoded_slash = EncodedSlash::refuse;
  uint32_t max_match_body = 64 * 1024;  // of a body that a route or a key looks into
};

// idle_timeout of a tcp listener, where nothing is said.
inline constexpr Duration kTcpIdle = 1h;

struct TlsConfig {
  using Version = TlsVersion;
  enum class ClientCertificate : uint8_t { required, optional };

  std::vector<CertificateConfig> certificates{};  // at least one; the first is for who names none
  Version min_version = Version::v1_2;
  std::string client_ca{};  // whose certificates clients show; empty: they are not asked for one
  std::string client_ca_text{};
  ClientCertificate client_certificate = ClientCertificate::required;
  uint32_t max_handshakes = 1000;  // under way at once, on each worker; 0: no limit
  bool operator==(const TlsConfig&) const = default;
};

struct ListenerConfig {
  std::string name;
  std::vector<Address> bind;
  Protocol protocol = Protocol::http;
  std::optional<TlsConfig> tls;     // nothing: clear text
  std::vector<RouteConfig> routes;  // of a tcp listener: exactly one, to a pool
  HttpLimits http;
  Duration idle_timeout = 60s;   // http: keep-alive; tcp: no byte either way (kTcpIdle)
  uint32_t max_connections = 0;  // over all workers; 0: no limit of its own
  MaintenanceConfig maintenance;
  TraceConfig trace;
  Place place;
};

// ---- the rest -------------------------------------------------------------------------

struct AccessLogConfig {
  enum class Format : uint8_t { json, text };
  bool on = true;
  Format format = Format::text;
  std::string to = "stdout";  // stdout, stderr, or a path
};

struct Config {
  std::optional<Address> admin = Address(Ip::v4({127, 0, 0, 1}), 9900);  // nothing: off
  Place admin_place;     // where it is said; line 0: by default, or on the command line
  uint32_t workers = 0;  // 0: one for each CPU
  AccessLogConfig access_log;
  std::vector<Subnet> trusted_proxies;
  Duration shed{};  // how far a loop may lag before work is refused (core/shedding); 0: for ever
  Duration drain_timeout = 30s;
  Locality here;
  std::vector<SecretConfig> sticky_secrets;  // the first seals, all are believed; none: made up
  std::vector<ListenerConfig> listeners;     // in the order of the file
  std::vector<PoolConfig> pools;             // in the order of the file
};

}  // namespace fairlead::core

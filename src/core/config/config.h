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
#include "base/instant.h"
#include "core/pattern.h"
#include "core/template.h"

namespace fairlead::core {

// Where in the files something was said; `explain` and the logs name it.
struct Place {
  std::string file;
  int line = 0;    // from 1; 0: said on the command line, or a default
  int column = 0;  // from 1
};

// ---- pools ----------------------------------------------------------------------------

struct BackendConfig {
  Address address;
  uint32_t weight = 1;  // 0 (no new work) to 1000
  Place place;
};

struct ProbeConfig {
  enum class Kind : uint8_t { off, tcp, http };
  Kind kind = Kind::tcp;
  std::string path = "/";  // http only
  std::string host;        // http only; empty: the backend's address
  std::vector<std::pair<uint16_t, uint16_t>> expect = {{200, 399}};  // inclusive ranges of status
  Duration interval = 10s;
  Duration timeout = 5s;
  uint32_t healthy_threshold = 2;
  uint32_t unhealthy_threshold = 3;
};

struct BalanceConfig {
  std::string algorithm = "power_of_two";  // a name of balance/list.inc
};

struct PoolConfig {
  std::string name;
  BalanceConfig balance;
  ProbeConfig health;
  Duration connect_timeout = 3s;
  Duration idle_timeout = 60s;           // of an idle connection that is kept for reuse
  uint32_t idle_connections = 256;       // kept for each backend and worker; 0: none
  bool reject_when_none_healthy = true;  // when_none_healthy: reject, or use_all
  std::vector<BackendConfig> backends;
  Place place;
};

// ---- routes ---------------------------------------------------------------------------

// What must all hold. An empty list holds always.
struct MatchConfig {
  std::vector<Pattern> host;
  std::vector<PathPattern> path;
  std::vector<std::string> method;
  std::vector<std::pair<std::string, Pattern>> headers;  // names in lower case
  std::vector<Subnet> client;
};

struct RetryConfig {
  uint32_t attempts = 2;            // further ones, after the first; 0 to 10
  bool on_connect = true;           // could not connect: nothing was sent
  bool on_reset = true;             // broke off before its response, and idempotent
  std::vector<uint16_t> on_status;  // of 502, 503, 504; and idempotent
};

struct ToPool {
  std::string pool;
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
  std::string content_type = "text/plain; charset=utf-8";
};

struct RouteConfig {
  std::string name;  // as in metrics: given, or "listener/index"
  MatchConfig match;
  std::variant<ToPool, Redirect, Respond> action;
  Duration timeout = 30s;
  RetryConfig retry;
  Place place;
};

// ---- listeners ------------------------------------------------------------------------

enum class Protocol : uint8_t { http, tcp };

// What becomes of a request whose path holds %2f or %5c (docs/paths.md).
enum class EncodedSlash : uint8_t { refuse, keep };

struct HttpLimits {
  Duration header_timeout = 10s;          // from the first byte (or accept) to the whole head
  Duration body_timeout = 30s;            // each idle stretch of a client's body
  Duration tunnel_timeout = 1h;           // each idle stretch of an upgraded connection
  uint32_t max_header_bytes = 64 * 1024;  // request line and fields together
  uint32_t max_header_fields = 200;
  uint32_t max_request_line = 64 * 1024;
  EncodedSlash encoded_slash = EncodedSlash::refuse;
};

// idle_timeout of a tcp listener, where nothing is said.
inline constexpr Duration kTcpIdle = 1h;

struct ListenerConfig {
  std::string name;
  std::vector<Address> bind;
  Protocol protocol = Protocol::http;
  std::vector<RouteConfig> routes;  // of a tcp listener: exactly one, to a pool
  HttpLimits http;
  Duration idle_timeout = 60s;   // http: keep-alive; tcp: no byte either way (kTcpIdle)
  uint32_t max_connections = 0;  // over all workers; 0: no limit of its own
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
  Duration drain_timeout = 30s;
  std::vector<ListenerConfig> listeners;  // in the order of the file
  std::vector<PoolConfig> pools;          // in the order of the file
};

}  // namespace fairlead::core

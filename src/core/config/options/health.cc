// health: how the backends of a pool are probed.
#include <fmt/format.h>

#include "core/config/options/health.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

using Kind = ProbeConfig::Kind;

Parsed<StatusRange> parse_range(std::string_view text) {
  const size_t dash = text.find('-');
  auto first = parse_number(text.substr(0, dash), 100, 599);
  auto last = dash == text.npos ? first : parse_number(text.substr(dash + 1), 100, 599);
  if (!first || !last)
    return wrong(fmt::format("{} is not a status or a range of them", ticked(text)));
  if (*first > *last)
    return wrong(fmt::format("{} runs backwards", ticked(text)),
                 fmt::format("did you mean `{}-{}`?", *last, *first));
  return StatusRange(static_cast<uint16_t>(*first), static_cast<uint16_t>(*last));
}

bool is_http(const ProbeConfig& probe) { return probe.kind == Kind::http; }

// 0 stands for the backend's own port and is not written.
Type<uint32_t> port_type() {
  Type<uint32_t> type = whole_number(1, 65535);
  type.show = [show = type.show](const uint32_t& value) {
    return value == 0 ? Node{} : show(value);
  };
  return type;
}

Node expand(const Node& node, Reader&) { return node.is_scalar() ? map_of("http", node) : node; }

constexpr std::string_view kKinds[] = {"http", "tcp", "grpc", "redis", "postgres"};
constexpr std::string_view kOfHttp[] = {"host", "method", "headers",  "expect",
                                        "body", "json",   "degraded", "draining"};

void check_one_kind(const Node& node, Reader& reader) {
  std::string_view first;
  for (std::string_view kind : kKinds) {
    const Node* found = node.find(kind);
    if (found == nullptr) continue;
    if (!first.empty()) {
      reader.error(
          *found,
          fmt::format("a pool has one kind of probe, and this one has `{}` and `{}`", first, kind),
          "keep one of them");
    }
    first = kind;
  }
}

std::string other_kind(const Node& node) {
  for (std::string_view kind : kKinds) {
    if (kind != "tcp" && node.find(kind) != nullptr)
      return fmt::format("this is one by `{}`", kind);
  }
  return "this one only connects";
}

void check_http_only(const Node& node, Reader& reader) {
  if (node.find("http") != nullptr || reader.notebook().may_be_lost({"http"})) return;
  for (std::string_view key : kOfHttp) {
    const Node* found = node.find(key);
    if (found == nullptr) continue;
    reader.error(*found, fmt::format("`{}` is for probes over HTTP, and {}", key, other_kind(node)),
                 key == "expect" && node.find("tcp") != nullptr
                     ? "for what comes over TCP, write `tcp: { expect: TEXT }`"
                     : "add `http: /health`, or leave it out");
  }
}

void check_body_comes(const ProbeConfig& probe, const Node& node, Reader& reader) {
  if (probe.method != "HEAD") return;
  for (const Node* place : {&node, node.find("degraded"), node.find("draining")}) {
    for (std::string_view key : {"body", "json"}) {
      const Node* found = place ? place->find(key) : nullptr;
      if (found == nullptr) continue;
      reader.error(*found, fmt::format("HEAD is answered without a body: `{}` can never hold", key),
                   "write `method: GET`");
    }
  }
}

template <SignsConfig ProbeConfig::* signs>
Option<ProbeConfig> signs_option(std::string_view name, std::string_view help,
                                 std::string_view example) {
  return Option<ProbeConfig>(name, signs, section_type<SignsConfig, signs_section>(), help, example)
      .shown_when(
          [](const ProbeConfig& probe) { return is_http(probe) && probe.*signs != SignsConfig(); });
}

Type<ProbeConfig> tls_of_probe() {
  const auto one = backend_tls_type();
  return {one.shape,
          [one](ProbeConfig& probe, const Node& node, Reader& reader) {
            probe.tls_is_own = true;
            one.read(probe.tls, node, reader);
          },
          [one](const ProbeConfig& probe) {
            if (!probe.tls_is_own) return Node{};
            return probe.tls ? one.show(probe.tls) : scalar("off");
          }};
}

void finish(ProbeConfig& probe, const Node& node, Reader& reader) {
  check_one_kind(node, reader);
  check_http_only(node, reader);
  check_body_comes(probe, node, reader);
}

}  // namespace

Type<std::vector<StatusRange>> status_ranges() {
  Type<StatusRange> one =
      text_type<StatusRange>(Shape{.words = "a status or a range, such as `200` or `200-399`",
                                   .pattern = "^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$"},
                             parse_range, [](const StatusRange& range) {
                               return range.first == range.second
                                          ? number(fmt::format("{}", range.first))
                                          : scalar(fmt::format("{}-{}", range.first, range.second));
                             });
  return list_of(one, "a list of statuses or ranges");
}

const Section<ProbeConfig>& health_section() {
  static const Section<ProbeConfig> section = {
      .name = "health",
      .heading = "Health",
      .help =
          "How backends are probed. One kind in a pool; where none is named, a probe is "
          "a TCP connect.",
      .options =
          {{"http", kItself, http_kind(), "Asks for this path.", "/health"},
           {"tcp", kItself, tcp_kind(),
            "Connects, and may send and expect something. Done when nothing is said.", "{}"},
           {"grpc", kItself, grpc_kind(),
            "Asks the health service of gRPC (`grpc.health.v1.Health/Check`) about this service, "
            "over HTTP/2.",
            "my.package.Service"},
           {"redis", kItself, redis_kind(), "Asks a Redis server with `PING`.", "{}"},
           {"postgres", kItself, postgres_kind(),
            "Logs in to a PostgreSQL server and asks for its role.", "{ role: primary }"},
           {"tls", kItself, tls_of_probe(),
            "Whether and how a probe speaks TLS; as the traffic of its pool when nothing is said.",
            "off"},
           {"port", &ProbeConfig::port, port_type(),
            "The port that is probed; the backend's own when it is not given.", "8081"},
           Option<ProbeConfig>("method", &ProbeConfig::method, probe_method(),
                               "How an HTTP probe asks. `POST` has an empty body.", "HEAD")
               .shown_when(is_http),
           Option<ProbeConfig>(
               "host", &ProbeConfig::host, text("a host name", 253),
               "The `host` header of the probe; the backend's address when it is not given.",
               "app.internal")
               .shown_when(is_http),
           Option<ProbeConfig>("headers", &ProbeConfig::headers, probe_headers(),
                               "Further headers of the probe.", "{ x-probe: fairlead }")
               .shown_when(is_http),
           Option<ProbeConfig>("expect", &ProbeConfig::expect, status_ranges(),
                               "The statuses that count as healthy.", "[200-299, 404]")
               .shown_when(is_http),
           Option<ProbeConfig>("body", &ProbeConfig::body, body_pattern(),
                               "A pattern for the body: its first 64 KiB, without white space at "
                               "the end.",
                               "\"*ready*\"")
               .shown_when(is_http),
           Option<ProbeConfig>("json", &ProbeConfig::json, json_patterns(),
                               "Patterns for values in a JSON body of at most 64 KiB, by JSON "
                               "pointer. All must match.",
                               "{ /status: ok, /checks/0/up: true }")
               .shown_when(is_http),
           signs_option<&ProbeConfig::degraded>(
               "degraded", "What in the answer says that the backend serves, but not well.",
               "{ headers: { x-health: degraded } }"),
           signs_option<&ProbeConfig::draining>(
               "draining",
               "What in the answer says that the backend wants to leave: it is drained "
               "until probes pass without that.",
               "{ headers: { x-health: draining } }"),
           {"interval", &ProbeConfig::interval, duration(10ms, 24h),
            "Between two probes of a backend.", "5s"},
           {"fast_interval", &ProbeConfig::fast_interval, duration(10ms, 24h),
            "The same while results contradict the state, and after a backend has gone out; never "
            "longer than `interval`.",
            "500ms"},
           {"timeout", &ProbeConfig::timeout, duration(1ms, 1h), "For the whole probe.", "2s"},
           {"healthy_threshold", &ProbeConfig::healthy_threshold, whole_number(1, 100, "probes"),
            "So many good probes in a row make a backend healthy.", "1"},
           {"unhealthy_threshold", &ProbeConfig::unhealthy_threshold,
            whole_number(1, 100, "probes"), "So many bad probes in a row make it unhealthy.", "2"}},
      .expand = expand,
      .short_forms = {{probe_path().shape, "health: /health", "health: { http: /health }"}},
      .turn_off = [](ProbeConfig& probe) { probe.kind = ProbeConfig::Kind::off; },
      .is_off = [](const ProbeConfig& probe) { return probe.kind == ProbeConfig::Kind::off; },
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core

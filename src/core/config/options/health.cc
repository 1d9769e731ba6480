// health: how the backends of a pool are probed.
#include <fmt/format.h>

#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

using Range = std::pair<uint16_t, uint16_t>;

Parsed<std::string> parse_path(std::string_view text) {
  if (!text.starts_with('/')) {
    const bool url = text.contains("://");
    return wrong(fmt::format("{} is not a path", ticked(text)),
                 url ? "the backend's address is known; write the path alone"
                     : fmt::format("did you mean `/{}`?", text));
  }
  for (char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f ||
        c == '#') {
      return wrong(fmt::format("{} holds what a path cannot", ticked(text)),
                   "write it as `%` and two hexadecimal digits");
    }
  }
  return std::string(text);
}

Shape path_shape() { return Shape{.words = "a path, such as `/health`", .pattern = "^/"}; }

// `http` names the kind of probe and its path in one.
Type<ProbeConfig> http_probe() {
  Type<std::string> path = text_type<std::string>(
      path_shape(), parse_path, [](const std::string& value) { return scalar(value); });
  return {path.shape,
          [path](ProbeConfig& probe, const Node& node, Reader& reader) {
            probe.kind = ProbeConfig::Kind::http;
            path.read(probe.path, node, reader);
          },
          [](const ProbeConfig& probe) {
            return probe.kind == ProbeConfig::Kind::http ? scalar(probe.path) : Node{};
          }};
}

Type<ProbeConfig> tcp_probe() {
  Shape shape{.kind = Shape::Kind::names, .words = "`{}`: it has no settings"};
  return {shape,
          [](ProbeConfig& probe, const Node& node, Reader& reader) {
            probe.kind = ProbeConfig::Kind::tcp;
            if (node.is_map() && node.entries.empty()) return;
            reader.error(node, "`tcp` takes no settings", "write `tcp: {}`");
          },
          [](const ProbeConfig& probe) {
            return probe.kind == ProbeConfig::Kind::tcp ? map() : Node{};
          }};
}

Parsed<Range> parse_range(std::string_view text) {
  const size_t dash = text.find('-');
  auto first = parse_number(text.substr(0, dash), 100, 599);
  auto last = dash == text.npos ? first : parse_number(text.substr(dash + 1), 100, 599);
  if (!first || !last)
    return wrong(fmt::format("{} is not a status or a range of them", ticked(text)));
  if (*first > *last)
    return wrong(fmt::format("{} runs backwards", ticked(text)),
                 fmt::format("did you mean `{}-{}`?", *last, *first));
  return Range(static_cast<uint16_t>(*first), static_cast<uint16_t>(*last));
}

bool is_http(const ProbeConfig& probe) { return probe.kind == ProbeConfig::Kind::http; }

Node expand(const Node& node, Reader&) { return node.is_scalar() ? map_of("http", node) : node; }

void finish(ProbeConfig&, const Node& node, Reader& reader) {
  const Node* http = node.find("http");
  const Node* tcp = node.find("tcp");
  if (http != nullptr && tcp != nullptr) {
    reader.error(*tcp, "a pool has one kind of probe, and this one has `http` and `tcp`",
                 "keep one of them");
  }
  for (std::string_view key : {"host", "expect"}) {
    const Node* found = node.find(key);
    if (found == nullptr || http != nullptr || reader.notebook().may_be_lost({"http"})) continue;
    reader.error(*found,
                 fmt::format("`{}` is for probes over HTTP, and this one only connects", key),
                 "add `http: /health`, or leave it out");
  }
}

}  // namespace

Type<std::vector<Range>> status_ranges() {
  Type<Range> one =
      text_type<Range>(Shape{.words = "a status or a range, such as `200` or `200-399`",
                             .pattern = "^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$"},
                       parse_range, [](const Range& range) {
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
      .help = "How backends are probed. Without `http`, a probe is a TCP connect.",
      .options =
          {{"http", kItself, http_probe(), "Asks for this path with GET.", "/health"},
           {"tcp", kItself, tcp_probe(), "Only connects: what is done when nothing is said.", "{}"},
           Option<ProbeConfig>(
               "host", &ProbeConfig::host, text("a host name", 253),
               "The `host` header of the probe; the backend's address when it is not given.",
               "app.internal")
               .shown_when(is_http),
           Option<ProbeConfig>("expect", &ProbeConfig::expect, status_ranges(),
                               "The statuses that count as healthy.", "[200-299, 404]")
               .shown_when(is_http),
           {"interval", &ProbeConfig::interval, duration(10ms, 24h),
            "Between two probes of a backend.", "5s"},
           {"timeout", &ProbeConfig::timeout, duration(1ms, 1h), "For the whole probe.", "2s"},
           {"healthy_threshold", &ProbeConfig::healthy_threshold, whole_number(1, 100, "probes"),
            "So many good probes in a row make a backend healthy.", "1"},
           {"unhealthy_threshold", &ProbeConfig::unhealthy_threshold,
            whole_number(1, 100, "probes"), "So many bad probes in a row make it unhealthy.", "2"}},
      .expand = expand,
      .short_forms = {{path_shape(), "health: /health", "health: { http: /health }"}},
      .turn_off = [](ProbeConfig& probe) { probe.kind = ProbeConfig::Kind::off; },
      .is_off = [](const ProbeConfig& probe) { return probe.kind == ProbeConfig::Kind::off; },
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core

// mirror: copies of requests for another pool.
#include <fmt/format.h>

#include "core/config/options/sections.h"
#include "core/config/types.h"

namespace fairlead::core {
namespace {

Type<std::string> pool_name() {
  Shape shape{.words = "the name of a pool"};
  auto read = [shape](std::string& pool, const Node& node, Reader& reader) {
    if (!expect_text(node, shape, reader)) return;
    pool = node.text;
    reader.notes().pool_uses.push_back({node.text, node.spot});
  };
  return {shape, read,
          [](const std::string& pool) { return pool.empty() ? Node{} : scalar(pool); }};
}

void finish(MirrorConfig& mirror, const Node& node, Reader& reader) {
  if (node.find("pool") == nullptr && !reader.notebook().may_be_lost({"pool"}))
    reader.error(node, fmt::format("{} names no `pool`", reader.where()),
                 "for example `mirror: { pool: shadow, percent: 10 }`");
  if (!mirror.pool.empty()) reader.notes().http_pools.insert(mirror.pool);
}

}  // namespace

const Section<MirrorConfig>& mirror_section() {
  static const Section<MirrorConfig> section = {
      .name = "mirror",
      .heading = "Mirrors",
      .help =
          "Sends copies of requests to another pool, and throws its responses away: docs/edits.md. "
          "The client's request is never slowed by it, and never fails for it.",
      .options = {{"pool", &MirrorConfig::pool, pool_name(), "Who gets the copies.", "shadow"},
                  {"percent", &MirrorConfig::percent, whole_number(1, 100),
                   "How many of a hundred requests are copied.", "10"},
                  {"max_body", &MirrorConfig::max_body, size(0, 64 * 1024 * 1024),
                   "Requests with a larger body are not copied.", "64KiB"},
                  {"limit", &MirrorConfig::limit, whole_number(1, 10'000, "copies"),
                   "How many copies each worker has under way at once; others are dropped, and "
                   "counted.",
                   "16"}},
      .expand = [](const Node& node,
                   Reader&) { return node.is_scalar() ? map_of("pool", node) : node; },
      .short_forms = {{pool_name().shape, "mirror: shadow", "mirror: { pool: shadow }"}},
      .turn_off = [](MirrorConfig& mirror) { mirror = {}; },
      .is_off = [](const MirrorConfig& mirror) { return !mirror.any(); },
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core

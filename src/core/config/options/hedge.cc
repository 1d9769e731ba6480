// hedge: when a second backend is asked for the same response.
#include <fmt/format.h>

#include "core/config/options/sections.h"
#include "core/config/types.h"

namespace fairlead::core {
namespace {

constexpr Duration kLeast = 1ms;
constexpr Duration kMost = 1h;
constexpr uint32_t kLeastShare = 50;
constexpr uint32_t kMostShare = 99;

Parsed<HedgeConfig> parse(std::string_view text) {
  if (!text.starts_with('p')) {
    auto after = parse_duration(text, kLeast, kMost);
    if (!after) return std::unexpected(after.error());
    return HedgeConfig{.after = *after};
  }
  auto share = parse_number(text.substr(1), kLeastShare, kMostShare);
  if (!share) return wrong(fmt::format("`{}` is no percentile from p50 to p99", text));
  return HedgeConfig{.share = *share};
}

Node show(const HedgeConfig& hedge) {
  if (!hedge.on()) return {};
  return scalar(hedge.share > 0 ? fmt::format("p{}", hedge.share) : text_of(hedge.after));
}

Type<HedgeConfig> after() {
  return text_type<HedgeConfig>(
      Shape{.words = "a duration from 1ms to 1h, or a percentile from p50 to p99"}, parse, show);
}

}  // namespace

const Section<HedgeConfig>& hedge_section() {
  static const Section<HedgeConfig> section = {
      .name = "hedge",
      .heading = "Hedging",
      .help =
          "A backend that keeps a request waiting does not keep it alone: another one is asked for "
          "the same response, and the first good one is passed on. Only for idempotent requests "
          "without a body, once for each, and within the `budget` of `retry`.",
      .options = {{"after", kItself, after(),
                   "How long the first one has for its response to begin: a time, or a percentile "
                   "of what this route's responses take of late, on each worker.",
                   "p95"}},
      .expand = [](const Node& node,
                   Reader&) { return node.is_scalar() ? map_of("after", node) : node; },
      .short_forms = {{after().shape, "hedge: p95", "hedge: { after: p95 }"}},
      .turn_off = [](HedgeConfig& hedge) { hedge = {}; },
      .is_off = [](const HedgeConfig& hedge) { return !hedge.on(); },
      .finish =
          [](HedgeConfig&, const Node& node, Reader& reader) {
            if (node.entries.empty())
              reader.error(node, fmt::format("{} does not say after what", reader.where()),
                           "for example `{ after: p95 }`");
          },
  };
  return section;
}

}  // namespace fairlead::core

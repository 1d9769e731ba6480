// passive: what traffic may decide about the health of a pool's backends.
#include <fmt/format.h>

#include <charconv>

#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

// Half a deviation is noise, and nobody is ten of them away from a mean that he belongs to.
constexpr uint32_t kLeastTenths = 5;
constexpr uint32_t kMostTenths = 100;

// `2` or `1.9`, in tenths.
Parsed<uint32_t> parse_factor(std::string_view text) {
  const size_t point = text.find('.');
  const auto whole = parse_number(text.substr(0, point), 0, 1000);
  const auto tenth = point == text.npos ? 0 : parse_number(text.substr(point + 1), 0, 9);
  if (!whole || !tenth) {
    return wrong(fmt::format("{} is not a number with at most one decimal place", ticked(text)));
  }
  const uint32_t tenths = *whole * 10 + *tenth;
  if (tenths < kLeastTenths) return wrong(fmt::format("{} is too small", ticked(text)));
  if (tenths > kMostTenths) return wrong(fmt::format("{} is too large", ticked(text)));
  return tenths;
}

Type<uint32_t> factor() {
  return text_type<uint32_t>(
      Shape{.words = "a number from 0.5 to 10", .pattern = "^[0-9]+([.][0-9])?$"}, parse_factor,
      [](const uint32_t& tenths) {
        return number(fmt::format("{}.{}", tenths / 10, tenths % 10));
      });
}

void check_limits(ErrorRateConfig& rate, const Node& node, Reader& reader) {
  const Node* degrade = node.find("degrade");
  const Node* eject = node.find("eject");
  if (rate.degrade < rate.eject || (degrade == nullptr && eject == nullptr)) return;
  reader.error(degrade != nullptr ? *degrade : *eject,
               fmt::format("`degrade` is {}% and `eject` is {}%: nobody could be degraded",
                           rate.degrade, rate.eject),
               "choose a `degrade` below `eject`");
}

const Section<ErrorRateConfig>& error_rate_section() {
  static const Section<ErrorRateConfig> section = {
      .name = "error_rate",
      .heading = "Error rates",
      .help =
          "What share of errors among a backend's answers means what. See docs/health.md for "
          "what counts as an error.",
      .options = {{"degrade", &ErrorRateConfig::degrade, percent(1, 100),
                   "Above it, the backend's share of the work shrinks, the more the nearer the "
                   "rate is to `eject`.",
                   "5%"},
                  {"eject", &ErrorRateConfig::eject, percent(2, 100),
                   "Above it, the backend is ejected; 100%: never for its rate.", "30%"},
                  {"window", &ErrorRateConfig::window, duration(1s, 1h),
                   "How far back errors and answers are counted.", "10s"},
                  {"min_requests", &ErrorRateConfig::min_requests,
                   whole_number(1, 1'000'000, "requests"),
                   "With fewer in the window, the rate says nothing.", "50"}},
      .turn_off = [](ErrorRateConfig& rate) { rate.on = false; },
      .is_off = [](const ErrorRateConfig& rate) { return !rate.on; },
      .finish = check_limits,
  };
  return section;
}

const Section<OutlierConfig>& outlier_section() {
  static const Section<OutlierConfig> section = {
      .name = "outlier",
      .heading = "Outliers",
      .help =
          "Ejects a backend whose success rate lies far below the mean of its pool, and whose "
          "error rate is above `degrade`. Over the window of `error_rate`.",
      .options = {{"factor", &OutlierConfig::factor_tenths, factor(),
                   "So many standard deviations below the mean are far.", "2.5"},
                  {"min_backends", &OutlierConfig::min_backends,
                   whole_number(3, 10'000, "backends"),
                   "With fewer that have enough requests, there is no mean to compare with.", "10"},
                  {"min_requests", &OutlierConfig::min_requests,
                   whole_number(1, 1'000'000, "requests"),
                   "A backend with fewer in the window is left out.", "50"}},
      .expand = [](const Node& node,
                   Reader&) { return node.is_scalar() ? map_of("factor", node) : node; },
      .short_forms = {{factor().shape, "outlier: 1.9", "outlier: { factor: 1.9 }"}},
      .turn_off = [](OutlierConfig& outlier) { outlier.on = false; },
      .is_off = [](const OutlierConfig& outlier) { return !outlier.on; },
      .finish = [](OutlierConfig& outlier, const Node&, Reader&) { outlier.on = true; },
  };
  return section;
}

}  // namespace

const Section<PassiveConfig>& passive_section() {
  static const Section<PassiveConfig> section = {
      .name = "passive",
      .heading = "Passive checks",
      .help =
          "What traffic may decide about the health of backends. With `off`, probes and orders "
          "alone decide.",
      .options = {{"consecutive_errors", &PassiveConfig::consecutive_errors,
                   whole_number(0, 1000, "errors"),
                   "So many errors in a row, over all workers, eject a backend; 0: not counted.",
                   "3"},
                  {"error_rate", &PassiveConfig::error_rate,
                   section_type<ErrorRateConfig, error_rate_section>(),
                   "What share of errors degrades and ejects.", "{ eject: 30% }"},
                  {"outlier", &PassiveConfig::outlier,
                   section_type<OutlierConfig, outlier_section>(),
                   "Whether one that is far worse than the others is ejected.", "1.9"},
                  {"eject_for", &PassiveConfig::eject_for, duration(10ms, 1h),
                   "How long an ejection lasts the first time. Doubled each time up to ten times "
                   "it; each such span that the backend is well makes up for one.",
                   "10s"},
                  {"max_ejected", &PassiveConfig::max_ejected, percent(0, 100),
                   "At most this share of the pool's backends is ejected at once; one always may "
                   "be unless it is 0%, the last that serves never.",
                   "30%"}},
      .turn_off = [](PassiveConfig& passive) { passive.on = false; },
      .is_off = [](const PassiveConfig& passive) { return !passive.on; },
  };
  return section;
}

}  // namespace fairlead::core

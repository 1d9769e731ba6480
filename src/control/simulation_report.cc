#include "control/simulation_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "control/text_table.h"

namespace fairlead::control {
namespace {

using core::Scenario;
using core::Simulated;
using core::SimulatedBackend;
using core::Stretch;
using core::Upset;

// Beyond this many backends a table of each for every algorithm says nothing to a reader.
constexpr size_t kMostShown = 10;
constexpr size_t kBarWidth = 20;

std::string milliseconds(Duration span) {
  const double value = to_seconds(span) * 1000;
  return fmt::format("{:.{}f} ms", value, value < 10 ? 2 : value < 100 ? 1 : 0);
}

std::string percent(double share) { return fmt::format("{:.1f} %", share * 100); }

std::string words_of(const Upset& upset) {
  const std::string name = upset.backend.text();
  switch (upset.kind) {
    case Upset::Kind::slow: return fmt::format("{} becomes {} times slower", name, upset.factor);
    case Upset::Kind::kill: return fmt::format("{} dies", name);
    case Upset::Kind::remove: return fmt::format("{} is removed", name);
    case Upset::Kind::add: return fmt::format("{} joins with weight {}", name, upset.factor);
  }
  return name;
}

std::string load_words(const Scenario& scenario) {
  if (!scenario.recorded.empty()) return "arrivals as recorded";
  if (scenario.closed)
    return fmt::format("{} clients, each waits for its answer", scenario.clients);
  return fmt::format("{:.0f} a second from {} clients ({:.0f} % of what the pool can do)",
                     core::rate_of(scenario), scenario.clients,
                     core::rate_of(scenario) / core::capacity_of(scenario) * 100);
}

std::string head_of(const Scenario& scenario) {
  std::string text = fmt::format(
      "pool {}: {} backends, {} at once for each unit of weight, {} a request\n{} requests, {}\n",
      scenario.pool.name, scenario.pool.backends.size(), scenario.concurrency,
      scenario.service.text(), scenario.requests, load_words(scenario));
  for (const Upset& upset : scenario.upsets)
    text += fmt::format("after {:.0f} % of them {}\n", scenario.upset_at * 100, words_of(upset));
  return text + "\n";
}

// The longest p99 of all, which is a full bar; zero where nothing ended well.
Duration longest_p99(const std::vector<Simulated>& simulated, size_t stretch) {
  Duration longest{};
  for (const Simulated& each : simulated)
    longest = std::max(longest, each.stretches[stretch].latency.percentile(0.99));
  return longest;
}

std::string latencies(const std::vector<Simulated>& simulated, size_t stretch, Bars bars) {
  using enum TextTable::Side;
  TextTable table({{"ALGORITHM"},
                   {"P50", right},
                   {"P90", right},
                   {"P99", right},
                   {"P99.9", right},
                   {"FAILED", right},
                   {"RETRIES", right},
                   {"UNEVEN", right},
                   {"P99"}});
  const Duration longest = longest_p99(simulated, stretch);
  for (const Simulated& each : simulated) {
    const Stretch& shown = each.stretches[stretch];
    const auto at = [&](double p) { return milliseconds(shown.latency.percentile(p)); };
    const double share = longest > Duration::zero()
                             ? to_seconds(shown.latency.percentile(0.99)) / to_seconds(longest)
                             : 0;
    table.add({{each.algorithm},
               {at(0.5)},
               {at(0.9)},
               {at(0.99)},
               {at(0.999)},
               {fmt::format("{}", shown.failed)},
               {fmt::format("{}", shown.retries)},
               {fmt::format("{:.2f}", core::imbalance_of(shown))},
               {bar(share, kBarWidth, bars)}});
  }
  return table.text() + "\n";
}

void add_backend(const std::string& algorithm, const SimulatedBackend& backend,
                 const Stretch& stretch, Bars bars, TextTable& table) {
  double all = 0;
  for (const SimulatedBackend& each : stretch.backends)
    all += static_cast<double>(each.load.requests);
  const double share = all > 0 ? static_cast<double>(backend.load.requests) / all : 0;
  table.add({{algorithm},
             {backend.address},
             {fmt::format("{}", backend.weight)},
             {fmt::format("{}", backend.load.requests)},
             {percent(share)},
             {percent(core::utilisation_of(backend, stretch))},
             {fmt::format("{}", backend.load.max_active)},
             {fmt::format("{:.2f}", core::mean_queue_of(backend, stretch))},
             {fmt::format("{}", backend.load.longest_queue)},
             {bar(share, kBarWidth, bars)}});
}

std::string loads(const std::vector<Simulated>& simulated, size_t stretch, Bars bars) {
  if (simulated.front().stretches[stretch].backends.size() > kMostShown && simulated.size() > 1)
    return "";
  using enum TextTable::Side;
  TextTable table({{"ALGORITHM"},
                   {"BACKEND"},
                   {"WEIGHT", right},
                   {"REQUESTS", right},
                   {"SHARE", right},
                   {"BUSY", right},
                   {"MOST ACTIVE", right},
                   {"IN LINE", right},
                   {"LONGEST", right},
                   {"SHARE"}});
  for (const Simulated& each : simulated) {
    std::string name = each.algorithm;
    for (const SimulatedBackend& backend : each.stretches[stretch].backends) {
      add_backend(name, backend, each.stretches[stretch], bars, table);
      name.clear();
    }
  }
  return table.text() + "\n";
}

std::string movements(const std::vector<Simulated>& simulated) {
  using enum TextTable::Side;
  TextTable table({{"ALGORITHM"}, {"KEYS THAT MOVE", right}, {"LEAST POSSIBLE", right}});
  bool any = false;
  for (const Simulated& each : simulated) {
    if (!each.movement) continue;
    any = true;
    table.add(
        {{each.algorithm}, {percent(each.movement->moved)}, {percent(each.movement->minimum)}});
  }
  return any ? table.text() + "\n" : "";
}

}  // namespace

std::string bar(double share, size_t width, Bars bars) {
  const double cells = std::clamp(share, 0.0, 1.0) * static_cast<double>(width);
  if (bars == Bars::ascii) {
    const auto whole = static_cast<size_t>(std::lround(cells));
    return std::string(share > 0 ? std::max<size_t>(whole, 1) : 0, '#');
  }
  static constexpr std::array<std::string_view, 8> kEighths = {"",  "▏", "▎", "▍",
                                                               "▌", "▋", "▊", "▉"};
  auto eighths = static_cast<size_t>(std::lround(cells * 8));
  if (share > 0) eighths = std::max<size_t>(eighths, 1);
  std::string text;
  for (size_t i = 0; i < eighths / 8; ++i) text += "█";
  text += kEighths[eighths % 8];
  return text;
}

std::string simulation_text(const Scenario& scenario, const std::vector<Simulated>& simulated,
                            Bars bars) {
  std::string text = head_of(scenario);
  const size_t stretches = simulated.front().stretches.size();
  for (size_t i = 0; i < stretches; ++i) {
    if (stretches > 1) text += i == 0 ? "BEFORE\n" : "AFTER\n";
    text += latencies(simulated, i, bars);
    text += loads(simulated, i, bars);
  }
  text += movements(simulated);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace fairlead::control

#include "app/simulate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>

#include "app/files.h"
#include "app/run.h"
#include "app/tell.h"
#include "control/simulation_report.h"
#include "core/balance/balancer.h"
#include "core/config/load.h"
#include "core/simulate/access_log.h"

namespace fairlead::app {
namespace {

template <typename T>
using OrFault = std::expected<T, std::string>;
using Fault = std::unexpected<std::string>;
using core::Scenario;
using core::Upset;

OrFault<double> parse_number(std::string_view text) {
  double number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size())
    return Fault(fmt::format("`{}` is no number", text));
  return number;
}

// "600/s"; a bare number counts by the second too.
OrFault<double> parse_rate(std::string_view text) {
  std::string_view number = text;
  if (number.ends_with("/s")) number.remove_suffix(2);
  const auto rate = parse_number(number);
  if (!rate || !(*rate >= 0.001) || *rate > 1e9)
    return Fault("--rate is a number of requests in a second, such as 600/s");
  return *rate;
}

// ADDRESS or ADDRESS=NUMBER.
OrFault<Upset> parse_upset(Upset::Kind kind, std::string_view flag, std::string_view text,
                           std::optional<double> otherwise) {
  const size_t sign = text.rfind('=');
  const auto address = Address::parse(text.substr(0, sign));
  if (!address) return Fault(fmt::format("{} {}: {}", flag, text, address.error()));
  if (sign == text.npos && !otherwise)
    return Fault(fmt::format("{} takes ADDRESS=FACTOR, such as {}=10", flag, text));
  double factor = otherwise.value_or(1);
  if (sign != text.npos) {
    const auto number = parse_number(text.substr(sign + 1));
    if (!number || !(*number >= 1) || *number > 1000)
      return Fault(fmt::format("{} {}: the number is 1 to 1000", flag, text));
    factor = *number;
  }
  return Upset{kind, *address, factor};
}

OrFault<std::vector<Upset>> upsets_of(const SimulateFlags& flags) {
  std::vector<Upset> upsets;
  std::optional<std::string> fault;
  const auto take = [&](Upset::Kind kind, std::string_view flag, const auto& texts,
                        std::optional<double> otherwise) {
    for (const std::string& text : texts) {
      auto upset = parse_upset(kind, flag, text, otherwise);
      if (upset)
        upsets.push_back(std::move(*upset));
      else
        fault = upset.error();
    }
  };
  take(Upset::Kind::slow, "--slow", flags.slow, {});
  take(Upset::Kind::kill, "--kill", flags.kill, 1);
  take(Upset::Kind::remove, "--remove", flags.remove, 1);
  take(Upset::Kind::add, "--add", flags.add, 1);
  if (fault) return Fault(*fault);
  return upsets;
}

OrFault<Scenario> scenario_of(const SimulateFlags& flags) {
  Scenario scenario;
  scenario.requests = flags.requests;
  scenario.clients = flags.clients;
  scenario.addresses = flags.addresses;
  scenario.closed = flags.closed;
  scenario.load = flags.load / 100;
  scenario.concurrency = flags.concurrency;
  scenario.upset_at = flags.at / 100;
  scenario.seed = flags.seed;
  if (!std::isfinite(flags.at)) return Fault("--at is a percentage, such as 50");
  if (!std::isfinite(flags.load)) return Fault("--load is a percentage, such as 80");
  if (!flags.rate.empty()) {
    const auto rate = parse_rate(flags.rate);
    if (!rate) return Fault(rate.error());
    scenario.rate = *rate;
  }
  if (!flags.key.empty()) {
    const auto key = core::parse_key_source(flags.key);
    if (!key) return Fault(fmt::format("--key {}: {}", flags.key, key.error()));
    scenario.key = *key;
  }
  auto service = core::ServiceTime::parse(flags.service);
  if (!service) return Fault("--service-time " + flags.service + ": " + service.error());
  scenario.service = *service;
  auto upsets = upsets_of(flags);
  if (!upsets) return Fault(upsets.error());
  scenario.upsets = std::move(*upsets);
  return scenario;
}

OrFault<std::vector<std::string>> algorithms_of(const SimulateFlags& flags) {
  const auto names = core::balancer_names();
  for (const std::string& name : flags.algorithms) {
    if (std::ranges::find(names, name) == names.end())
      return Fault(
          fmt::format("there is no algorithm {}; there are {}", name, fmt::join(names, ", ")));
  }
  if (!flags.algorithms.empty()) return flags.algorithms;
  return std::vector<std::string>(names.begin(), names.end());
}

// The pool that is named, or the only one.
OrFault<core::PoolConfig> pool_of(const core::Config& config, const std::string& name) {
  std::vector<std::string> names;
  for (const core::PoolConfig& pool : config.pools) {
    if (pool.name == name || (name.empty() && config.pools.size() == 1)) return pool;
    names.push_back(pool.name);
  }
  if (name.empty()) return Fault(fmt::format("say --pool: {}", fmt::join(names, ", ")));
  return Fault(fmt::format("there is no pool {}; there are {}", name, fmt::join(names, ", ")));
}

OrFault<void> take_log(const std::string& path, Scenario& scenario) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Fault(fmt::format("{}: {}", path, std::strerror(errno)));
  core::LogReader reader(scenario.pool.name);
  for (std::string line; std::getline(file, line);) reader.take(line);
  scenario.recorded = reader.arrivals();
  scenario.requests = scenario.recorded.size();
  if (!scenario.recorded.empty()) {
    if (reader.skipped() > 0)
      fmt::print(stderr, "{}: {} of {} lines are no JSON log lines\n", path, reader.skipped(),
                 reader.lines());
    return {};
  }
  return Fault(fmt::format("{}: no request for pool {} among {} lines ({} are no JSON log lines)",
                           path, scenario.pool.name, reader.lines(), reader.skipped()));
}

// Blocks only where they can be seen: a terminal that says it is UTF-8.
control::Bars bars_here() {
  if (isatty(STDOUT_FILENO) != 1) return control::Bars::ascii;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (!value || *value == '\0') continue;
    const std::string_view locale(value);
    const bool utf8 = locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
    return utf8 ? control::Bars::blocks : control::Bars::ascii;
  }
  return control::Bars::ascii;
}

int refuse(int code, std::string_view what) {
  fmt::print(stderr, "fairlead simulate: {}\n", what);
  return code;
}

}  // namespace

int simulate(const SimulateFlags& flags) {
  auto scenario = scenario_of(flags);
  if (!scenario) return refuse(kUsage, scenario.error());
  const auto algorithms = algorithms_of(flags);
  if (!algorithms) return refuse(kUsage, algorithms.error());
  core::LoadResult loaded = core::load(flags.config, real_world());
  fmt::print(stderr, "{}", core::render(loaded.problems));
  if (!loaded.config) return kWrong;
  auto pool = pool_of(*loaded.config, flags.pool);
  if (!pool) return refuse(kWrong, pool.error());
  scenario->pool = std::move(*pool);
  if (!flags.access_log.empty()) {
    if (auto taken = take_log(flags.access_log, *scenario); !taken)
      return refuse(kWrong, taken.error());
  }
  if (const auto fault = core::fault_of(*scenario)) return refuse(kWrong, *fault);
  const auto simulated = core::simulate_each(*scenario, *algorithms);
  return tell(flags.json ? control::simulation_json(*scenario, simulated)
                         : control::simulation_text(*scenario, simulated, bars_here()));
}

}  // namespace fairlead::app

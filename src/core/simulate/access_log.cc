#include "core/simulate/access_log.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/rfc3339.h"

namespace fairlead::core {
namespace {

std::string text_at(const nlohmann::json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::optional<LoggedRequest> parse_log_line(std::string_view line) {
  const nlohmann::json parsed = nlohmann::json::parse(line, nullptr, false);
  if (!parsed.is_object()) return {};
  const auto time = parse_rfc3339(text_at(parsed, "time"));
  if (!time) return {};
  LoggedRequest request{*time, text_at(parsed, "pool"), text_at(parsed, "client")};
  const auto duration = parsed.find("duration_ms");
  if (duration != parsed.end() && duration->is_number()) {
    const double milliseconds = std::clamp(duration->get<double>(), 0.0, 1e9);
    request.began -= Duration(std::llround(milliseconds * 1e6));
  }
  return request;
}

void LogReader::take(std::string_view line) {
  if (line.empty()) return;
  ++lines_;
  auto request = parse_log_line(line);
  if (!request)
    ++skipped_;
  else if (request->pool == pool_)
    requests_.push_back(std::move(*request));
}

std::vector<Arrival> LogReader::arrivals() {
  // Lines stand in the order in which requests ended.
  std::ranges::sort(requests_, {}, &LoggedRequest::began);
  std::vector<Arrival> arrivals;
  arrivals.reserve(requests_.size());
  for (LoggedRequest& request : requests_)
    arrivals.push_back({request.began - requests_.front().began, std::move(request.client)});
  return arrivals;
}

}  // namespace fairlead::core

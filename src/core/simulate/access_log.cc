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

LogReading read_log(std::string_view text, std::string_view pool) {
  LogReading reading;
  std::vector<LoggedRequest> requests;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
    if (line.empty()) continue;
    ++reading.lines;
    auto request = parse_log_line(line);
    if (!request)
      ++reading.skipped;
    else if (request->pool != pool)
      ++reading.of_others;
    else
      requests.push_back(std::move(*request));
  }
  std::ranges::stable_sort(requests, {}, &LoggedRequest::began);
  for (LoggedRequest& request : requests)
    reading.arrivals.push_back({request.began - requests.front().began, std::move(request.client)});
  return reading;
}

}  // namespace fairlead::core

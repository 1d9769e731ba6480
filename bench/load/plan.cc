#include "plan.h"

#include <charconv>
#include <functional>
#include <map>
#include <string_view>

namespace fairlead::bench {
namespace {

template <typename Number>
bool read(std::string_view text, Number& into) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_flag(std::string_view text, bool& into) {
  into = text == "yes";
  return text == "yes" || text == "no";
}

bool read_mode(std::string_view text, Mode& into) {
  if (text == "keepalive")
    into = Mode::keepalive;
  else if (text == "close")
    into = Mode::close;
  else if (text == "bulk")
    into = Mode::bulk;
  else
    return false;
  return true;
}

bool read_pids(std::string_view text, std::vector<pid_t>& into) {
  while (!text.empty()) {
    size_t comma = text.find(',');
    if (!read(text.substr(0, comma), into.emplace_back())) return false;
    text = comma == text.npos ? "" : text.substr(comma + 1);
  }
  return true;
}

}  // namespace

std::optional<Plan> parse_plan(std::span<char* const> words) {
  Plan plan;
  using Reader = std::function<bool(std::string_view)>;
  const std::map<std::string_view, Reader> options = {
      {"--port", [&](auto text) { return read(text, plan.port); }},
      {"--mode", [&](auto text) { return read_mode(text, plan.mode); }},
      {"--connections", [&](auto text) { return read(text, plan.connections); }},
      {"--opening", [&](auto text) { return read(text, plan.opening); }},
      {"--path",
       [&](auto text) {
         plan.path = text;
         return true;
       }},
      {"--length", [&](auto text) { return read(text, plan.length); }},
      {"--warmup", [&](auto text) { return read(text, plan.warmup); }},
      {"--seconds", [&](auto text) { return read(text, plan.seconds); }},
      {"--requests", [&](auto text) { return read(text, plan.requests); }},
      {"--gate", [&](auto text) { return read_flag(text, plan.gate); }},
      {"--hold", [&](auto text) { return read_flag(text, plan.hold); }},
      {"--proxies", [&](auto text) { return read_pids(text, plan.proxies); }},
  };
  if (words.size() % 2 != 0) return std::nullopt;
  for (size_t i = 0; i < words.size(); i += 2) {
    auto option = options.find(words[i]);
    if (option == options.end() || !option->second(words[i + 1])) return std::nullopt;
  }
  bool sane = plan.port > 0 && plan.connections > 0 && plan.opening > 0;
  return sane ? std::optional(plan) : std::nullopt;
}

}  // namespace fairlead::bench

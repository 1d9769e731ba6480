#include "core/explain/why.h"

#include <fmt/format.h>

#include "base/check.h"

namespace fairlead::core {
namespace {

const std::string& text_of(const std::string& text) { return text; }
template <typename T>
std::string text_of(const T& pattern) {
  return std::string(pattern.text());
}

// "a, b or c"
template <typename List>
std::string any_of(const List& list) {
  std::string text;
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) text += i + 1 == list.size() ? " or " : ", ";
    text += text_of(list[i]);
  }
  return text;
}

std::string why_not_headers(const MatchConfig& match, const DescribedRequest& request) {
  const DescribedHeaders headers(request);
  for (const auto& [name, pattern] : match.headers) {
    if (headers.any(name, pattern)) continue;
    const std::string_view value = request.header(name);
    if (value.empty()) return fmt::format("there is no header {}", name);
    return fmt::format("header {}: {} is not {}", name, value, pattern.text());
  }
  return "the headers are others";
}

}  // namespace

std::string why_matches(const MatchConfig& match) {
  std::vector<std::string> parts;
  if (!match.host.empty()) parts.push_back("host " + any_of(match.host));
  if (!match.path.empty()) parts.push_back("path " + any_of(match.path));
  if (!match.method.empty()) parts.push_back("method " + any_of(match.method));
  if (!match.client.empty()) parts.push_back("client " + any_of(match.client));
  for (const auto& [name, pattern] : match.headers)
    parts.push_back(fmt::format("header {}: {}", name, pattern.text()));
  return parts.empty() ? "it matches everything" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string why_not(const MatchConfig& match, const Facts& facts, const DescribedRequest& request) {
  const auto condition = failing_condition(match, facts);
  CHECK(condition.has_value());
  switch (*condition) {
    case Condition::host: return fmt::format("host {} is not {}", facts.host, any_of(match.host));
    case Condition::path: return fmt::format("path {} is not {}", facts.path, any_of(match.path));
    case Condition::method:
      return fmt::format("method {} is not {}", facts.method, any_of(match.method));
    case Condition::client:
      return fmt::format("client {} is not in {}", facts.client.text(), any_of(match.client));
    case Condition::headers: return why_not_headers(match, request);
  }
  return {};
}

std::string why_not_eligible(const Member& member, Basis basis) {
  if (member.weight == 0) return "weight 0";
  if (basis == Basis::none || member.state != State::healthy)
    return std::string(name_of(member.state));
  // What is well and still gets nothing is kept for when others are lost.
  return "not needed while others serve";
}

std::string why_picked(bool taken, double chance, bool keyed) {
  if (taken && chance > 0.999) return keyed ? "its key leads here" : "taken";
  if (taken) return fmt::format("taken; {:.0f} % of such requests now", chance * 100);
  if (chance > 0) return fmt::format("could be; {:.0f} % of such requests now", chance * 100);
  return keyed ? "its key leads elsewhere" : "others are less loaded";
}

}  // namespace fairlead::core

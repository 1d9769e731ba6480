#include "core/conditions.h"

#include <algorithm>

#include "core/json_text.h"
#include "core/query.h"

namespace fairlead::core {
namespace {

template <typename Patterns, typename Holds>
bool any_or_empty(const Patterns& patterns, Holds&& holds) {
  return patterns.empty() || std::ranges::any_of(patterns, holds);
}

template <typename Patterns>
bool holds_always(const Patterns& patterns) {
  return any_or_empty(patterns, [](const auto& pattern) {
    if constexpr (requires { pattern.takes_any_text(); })
      return pattern.takes_any_text();
    else
      return pattern.matches_all();
  });
}

// Whether each name has a value that its pattern matches.
template <typename Holds>
bool all_named(const NamedPatterns& wanted, Holds&& holds) {
  return std::ranges::all_of(wanted,
                             [&](const auto& each) { return holds(each.first, each.second); });
}

bool headers_match(const MatchConfig& match, const Facts& facts) {
  return all_named(match.headers, [&](std::string_view name, const Pattern& pattern) {
    return facts.headers != nullptr && facts.headers->any(name, pattern);
  });
}

std::optional<Condition> failing_of_named(const MatchConfig& match, const Facts& facts) {
  if (!headers_match(match, facts)) return Condition::headers;
  const auto cookie = [&](std::string_view name, const Pattern& pattern) {
    return cookie_matches(facts, name, pattern);
  };
  if (!all_named(match.cookies, cookie)) return Condition::cookies;
  const auto parameter = [&](std::string_view name, const Pattern& pattern) {
    return query_matches(facts, name, pattern);
  };
  if (!all_named(match.query, parameter)) return Condition::query;
  const auto in_body = [&](std::string_view pointer, const Pattern& pattern) {
    return body_matches(facts, pointer, pattern);
  };
  if (!all_named(match.body, in_body)) return Condition::body;
  return {};
}

std::optional<Condition> failing_of_rest(const MatchConfig& match, const Facts& facts) {
  if (!any_or_empty(match.method, [&](const std::string& m) { return m == facts.method; }))
    return Condition::method;
  if (!any_or_empty(match.client, [&](const Subnet& n) { return n.contains(facts.client); }))
    return Condition::client;
  if (!subject_matches(match.certificate, facts) || !san_matches(match.certificate, facts))
    return Condition::certificate;
  return failing_of_named(match, facts);
}

std::optional<Condition> failing_of_match(const MatchConfig& match, const Facts& facts) {
  if (!host_matches(match, facts)) return Condition::host;
  if (!path_matches(match, facts)) return Condition::path;
  return failing_of_rest(match, facts);
}

}  // namespace

std::optional<Condition> failing_condition(const RouteConfig& route, const Facts& facts) {
  if (facts.is_https && passes_over_https(route)) return Condition::scheme;
  return failing_of_match(route.match, facts);
}

std::optional<Condition> failing_beyond_place(const RouteConfig& route, const Facts& facts) {
  if (facts.is_https && passes_over_https(route)) return Condition::scheme;
  return failing_of_rest(route.match, facts);
}

bool matches(const MatchConfig& match, const Facts& facts) {
  return !failing_of_match(match, facts);
}

bool host_matches(const MatchConfig& match, const Facts& facts) {
  return any_or_empty(match.host, [&](const Pattern& p) { return p.matches(facts.host); });
}

bool path_matches(const MatchConfig& match, const Facts& facts) {
  return any_or_empty(match.path, [&](const PathPattern& p) { return p.matches(facts.path); });
}

bool cookie_matches(const Facts& facts, std::string_view name, const Pattern& pattern) {
  return facts.headers != nullptr && facts.headers->any_cookie(name, pattern);
}

bool query_matches(const Facts& facts, std::string_view name, const Pattern& pattern) {
  return any_parameter(facts.query, name,
                       [&](std::string_view value) { return pattern.matches(value); });
}

bool body_matches(const Facts& facts, std::string_view pointer, const Pattern& pattern) {
  if (facts.body == nullptr) return false;
  const JsonText::Value* value = facts.body->find(pointer);
  return value != nullptr && facts.body->matches(*value, pattern);
}

bool subject_matches(const CertificateMatch& match, const Facts& facts) {
  return any_or_empty(match.subject, [&](const Pattern& pattern) {
    return !facts.client_subject.empty() && pattern.matches(facts.client_subject);
  });
}

bool san_matches(const CertificateMatch& match, const Facts& facts) {
  return any_or_empty(match.san, [&](const Pattern& pattern) {
    for (std::string_view rest = facts.client_names; !rest.empty();) {
      const size_t end = std::min(rest.find(','), rest.size());
      if (pattern.matches(rest.substr(0, end))) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
  });
}

bool is_same_header(std::string_view field, std::string_view name) {
  const auto folded = [](char c) {
    return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c;
  };
  return std::ranges::equal(field, name, std::ranges::equal_to(), folded, folded);
}

bool passes_over_https(const RouteConfig& route) {
  const auto* redirect = std::get_if<Redirect>(&route.action);
  return redirect != nullptr && redirect->only_plain;
}

bool asks_beyond_place(const MatchConfig& match) {
  return !match.method.empty() || !match.headers.empty() || !match.cookies.empty() ||
         !match.query.empty() || !match.body.empty() || !match.client.empty() ||
         match.certificate.asks();
}

bool takes_everything(const RouteConfig& route) {
  return !passes_over_https(route) && holds_always(route.match.host) &&
         holds_always(route.match.path) && !asks_beyond_place(route.match);
}

}  // namespace fairlead::core

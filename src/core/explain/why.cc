#include "core/explain/why.h"

#include <fmt/format.h>

#include "base/check.h"
#include "core/cookie.h"
#include "core/query.h"

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

// "cookie group: a, b is not c", or that there is none.
std::string why_not_named(std::string_view what, std::string_view name, const Pattern& pattern,
                          const std::vector<std::string>& values) {
  if (values.empty()) return fmt::format("there is no {} {}", what, name);
  return fmt::format("{} {}: {} is not {}", what, name, fmt::join(values, ", "), pattern.text());
}

std::string why_not_cookies(const MatchConfig& match, const Facts& facts,
                            const DescribedRequest& request) {
  for (const auto& [name, pattern] : match.cookies) {
    if (cookie_matches(facts, name, pattern)) continue;
    std::vector<std::string> values;
    for (const auto& [field, value] : request.headers) {
      if (field != "cookie") continue;
      any_cookie(value, name, [&](std::string_view each) {
        values.emplace_back(each);
        return false;
      });
    }
    return why_not_named("cookie", name, pattern, values);
  }
  return "the cookies are others";
}

std::string why_not_query(const MatchConfig& match, const Facts& facts) {
  for (const auto& [name, pattern] : match.query) {
    if (query_matches(facts, name, pattern)) continue;
    std::vector<std::string> values;
    any_parameter(facts.query, name, [&](std::string_view each) {
      values.push_back(each.empty() ? "(empty)" : std::string(each));
      return false;
    });
    return why_not_named("query parameter", name, pattern, values);
  }
  return "the query is another";
}

std::string why_not_body(const MatchConfig& match, const Facts& facts,
                         const DescribedRequest& request, uint32_t most_body) {
  if (!request.has_body) return "there is no body";
  if (facts.body == nullptr) {
    return request.body.size() > most_body
               ? fmt::format("the body has {} bytes, above max_match_body of {}",
                             request.body.size(), most_body)
               : "the body is no JSON";
  }
  for (const auto& [pointer, pattern] : match.body) {
    if (body_matches(facts, pointer, pattern)) continue;
    const JsonText::Value* value = facts.body->find(pointer);
    if (value == nullptr) return fmt::format("the body has no {}", pointer);
    return fmt::format("body {}: {} is not {}", pointer,
                       value->is_structured() ? "a list or an object" : facts.body->text_of(*value),
                       pattern.text());
  }
  return "the body is another";
}

std::string why_not_certificate(const CertificateMatch& match, const Facts& facts) {
  if (facts.client_subject.empty() && facts.client_names.empty())
    return "the client shows no certificate";
  if (!subject_matches(match, facts)) {
    return fmt::format("certificate subject {} is not {}", facts.client_subject,
                       any_of(match.subject));
  }
  if (facts.client_names.empty()) return "the client's certificate has no other names";
  return fmt::format("certificate names {} have no {}", facts.client_names, any_of(match.san));
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

std::string why_matches(const RouteConfig& route) {
  const MatchConfig& match = route.match;
  std::vector<std::string> parts;
  if (!match.host.empty()) parts.push_back("host " + any_of(match.host));
  if (!match.path.empty()) parts.push_back("path " + any_of(match.path));
  if (!match.method.empty()) parts.push_back("method " + any_of(match.method));
  if (!match.client.empty()) parts.push_back("client " + any_of(match.client));
  const CertificateMatch& certificate = match.certificate;
  if (!certificate.subject.empty())
    parts.push_back("certificate subject " + any_of(certificate.subject));
  if (!certificate.san.empty()) parts.push_back("certificate name " + any_of(certificate.san));
  for (const auto& [name, pattern] : match.headers)
    parts.push_back(fmt::format("header {}: {}", name, pattern.text()));
  for (const auto& [name, pattern] : match.cookies)
    parts.push_back(fmt::format("cookie {}: {}", name, pattern.text()));
  for (const auto& [name, pattern] : match.query)
    parts.push_back(fmt::format("query parameter {}: {}", name, pattern.text()));
  for (const auto& [pointer, pattern] : match.body)
    parts.push_back(fmt::format("body {}: {}", pointer, pattern.text()));
  return parts.empty() ? "it matches everything" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string why_not(const RouteConfig& route, const Facts& facts, const DescribedRequest& request,
                    uint32_t most_body) {
  const MatchConfig& match = route.match;
  const auto condition = failing_condition(route, facts);
  CHECK(condition.has_value());
  switch (*condition) {
    case Condition::scheme: return "it came by https already";
    case Condition::host: return fmt::format("host {} is not {}", facts.host, any_of(match.host));
    case Condition::path: return fmt::format("path {} is not {}", facts.path, any_of(match.path));
    case Condition::method:
      return fmt::format("method {} is not {}", facts.method, any_of(match.method));
    case Condition::client:
      return fmt::format("client {} is not in {}", facts.client.text(), any_of(match.client));
    case Condition::certificate: return why_not_certificate(match.certificate, facts);
    case Condition::headers: return why_not_headers(match, request);
    case Condition::cookies: return why_not_cookies(match, facts, request);
    case Condition::query: return why_not_query(match, facts);
    case Condition::body: return why_not_body(match, facts, request, most_body);
  }
  return {};
}

std::string why_out(const Member& member, const PoolConfig& pool) {
  switch (member.use) {
    case Use::used: break;
    case Use::weightless: return "weight 0";
    case Use::state: return std::string(name_of(member.state));
    case Use::backup: return "a backup; others are healthy";
    case Use::tier:
      return fmt::format("of tier {}; those before it carry everything", member.priority);
    case Use::zone:
      return fmt::format("in another zone{}; {} carries everything",
                         member.zone.empty() ? "" : " (" + member.zone + ")", pool.here.zone);
    case Use::subset:
      return fmt::format("left to other instances; this one uses {} backends", pool.subset);
  }
  return {};
}

std::string why_picked(const ExplainedMember& member, bool keyed) {
  const bool full = member.most && member.active + 1 > *member.most;
  std::string why;
  if (member.taken && member.chance > 0.999) {
    why = keyed ? "the key leads here" : "taken";
  } else if (member.chance > 0) {
    why = fmt::format("{}; {:.0f} % of such requests now", member.taken ? "taken" : "could be",
                      member.chance * 100);
  } else if (member.limit && member.active >= *member.limit) {
    why = fmt::format("full: max_connections is {}", *member.limit);
  } else if (full) {
    why = fmt::format("full: a bounded load allows {}", *member.most);
  } else {
    why = member.average ? "others are expected to answer sooner" : "others are less loaded";
    if (keyed) why = "the key leads elsewhere";
  }
  if (member.share < 100) why += fmt::format("; at {} % of its weight", member.share);
  if (member.state != State::healthy) why += fmt::format("; {}", name_of(member.state));
  return why;
}

std::string how_encrypted(const std::optional<BackendTlsConfig>& tls) {
  if (!tls) return {};
  const std::string name = tls->server_name.empty() ? "its address" : tls->server_name;
  if (!tls->verify) return fmt::format("for {}, not verified", name);
  return fmt::format("for {}, by {}", name, tls->ca.empty() ? "the system's CAs" : tls->ca);
}

}  // namespace fairlead::core

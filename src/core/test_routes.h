// Small routes and requests made of few letters, so that chance makes them meet: for the router's
// property test and its fuzz target. And the router's slow twin.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "core/conditions.h"
#include "core/cookie.h"
#include "core/json_text.h"
#include "core/router.h"

namespace fairlead::core {

class ListedHeaders final : public HeaderFacts {
 public:
  ListedHeaders() = default;
  ListedHeaders(std::initializer_list<std::pair<std::string, std::string>> fields)
      : fields_(fields) {}
  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  bool any(std::string_view name, const Pattern& pattern) const override {
    for (const auto& [field, value] : fields_) {
      if (field == name && pattern.matches(value)) return true;
    }
    return false;
  }
  bool any_cookie(std::string_view name, const Pattern& pattern) const override {
    const auto fits = [&](std::string_view value) { return pattern.matches(value); };
    for (const auto& [field, value] : fields_) {
      if (field == "cookie" && core::any_cookie(value, name, fits)) return true;
    }
    return false;
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// The routes of a listener over their configurations, as a snapshot has them.
inline std::vector<Route> routes_of(const std::vector<RouteConfig>& configs) {
  std::vector<Route> routes;
  for (uint32_t i = 0; i < configs.size(); ++i)
    routes.push_back({.config = &configs[i], .index = i, .pool = {}, .series = nullptr});
  return routes;
}

// What the index must find: one by one, in the order of the file.
inline std::optional<uint32_t> first_by_hand(const std::vector<Route>& routes, const Facts& facts) {
  for (const Route& route : routes) {
    if (is_taken(failing_condition(*route.config, facts), facts)) return route.index;
  }
  return {};
}

// `choose(n)` gives a number below n.
template <typename Choose>
class RouteMaker {
 public:
  explicit RouteMaker(Choose choose) : choose_(std::move(choose)) {}

  RouteConfig route() {
    RouteConfig route;
    MatchConfig& match = route.match;
    for (uint32_t i = few(); i > 0; --i)
      match.host.push_back(*Pattern::parse(host(), Case::ignored));
    for (uint32_t i = few(); i > 0; --i) {
      if (auto path = PathPattern::parse(path_pattern())) match.path.push_back(std::move(*path));
    }
    if (choose_(6) == 0) match.method = {choose_(2) == 0 ? "GET" : "POST"};
    if (choose_(8) == 0) match.headers.emplace_back("x-a", *Pattern::parse("1"));
    if (choose_(8) == 0) match.cookies.emplace_back("c", *Pattern::parse("1"));
    if (choose_(8) == 0) match.query.emplace_back("q", *Pattern::parse("*"));
    if (choose_(8) == 0) match.body.emplace_back("/k", *Pattern::parse("1"));
    if (choose_(10) == 0) match.certificate.subject.push_back(*Pattern::parse("CN=a*"));
    route.action = Redirect{.to = {}, .status = 301, .only_plain = choose_(10) == 0};
    return route;
  }

  // A request; its texts live until the next one.
  Facts request() {
    headers_ = ListedHeaders();
    if (choose_(2) == 0) headers_.add("x-a", choose_(2) == 0 ? "1" : "2");
    if (choose_(2) == 0) headers_.add("cookie", choose_(2) == 0 ? "c=1" : "d=1; c=\"1\"");
    host_ = labels();
    path_ = choose_(8) == 0 ? "/" : segments();
    if (choose_(6) == 0) path_ += '/';
    body_ = choose_(3) == 0 ? JsonText::parse("{\"k\":1}") : std::nullopt;
    return {.host = host_,
            .path = path_,
            .query = choose_(2) == 0 ? "q" : "p=1",
            .method = choose_(2) == 0 ? "GET" : "POST",
            .headers = &headers_,
            .client_subject = choose_(2) == 0 ? "CN=a" : "",
            .body = body_ ? &*body_ : nullptr,
            .body_unread = !body_ && choose_(4) == 0,
            .is_https = choose_(2) == 0};
  }

 private:
  uint32_t few() { return choose_(5) < 3 ? choose_(2) : choose_(4); }

  std::string word() {
    static constexpr std::array<const char*, 4> kWords = {"a", "b", "ab", "ba"};
    return kWords[choose_(kWords.size())];
  }

  std::string labels() {
    std::string text = word();
    for (uint32_t i = choose_(4); i > 0; --i) text += "." + word();
    return text;
  }

  std::string segments() {
    std::string text;
    for (uint32_t i = 1 + choose_(4); i > 0; --i) text += "/" + word();
    return text;
  }

  std::string host() {
    switch (choose_(9)) {
      case 0: return "*";
      case 1: return "~" + word();
      case 2: return "~^" + word() + "\\.";
      case 3: return "*" + word();
      case 4: return word() + "*" + word();
      case 5:
      case 6: return "*." + labels();
      default: return labels();
    }
  }

  std::string path_pattern() {
    switch (choose_(12)) {
      case 0: return choose_(2) == 0 ? "*" : "/*";
      case 1: return "~" + word();
      case 2: return "~^" + segments() + "$";
      case 3: return "*" + word();
      case 4: return segments() + "*" + segments() + "/*";
      case 5: return segments() + "*";
      case 6: return segments() + "/";
      case 7:
      case 8:
      case 9: return segments() + "/*";
      default: return segments();
    }
  }

  Choose choose_;
  ListedHeaders headers_;
  std::string host_;
  std::string path_;
  std::optional<JsonText> body_;
};

}  // namespace fairlead::core

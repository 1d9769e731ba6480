#include "control/probe/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "control/probe/words.h"

namespace fairlead::control {
namespace {

using Json = nlohmann::json;

bool holds(const std::vector<core::StatusRange>& ranges, uint16_t status) {
  return std::ranges::any_of(
      ranges, [&](const auto& range) { return status >= range.first && status <= range.second; });
}

std::string text_of(const std::vector<core::StatusRange>& ranges) {
  std::string text;
  for (const auto& [first, last] : ranges) {
    if (!text.empty()) text += ", ";
    text += first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last);
  }
  return text;
}

// A line end behind the text is nobody's meaning.
std::string_view without_white_space_behind(std::string_view body) {
  return body.substr(0, body.find_last_not_of(" \t\r\n") + 1);
}

// RFC 6901 4: one step of a pointer, unescaped.
std::string name_in(std::string_view step) {
  std::string name;
  for (size_t i = 0; i < step.size(); ++i) {
    const bool escape = step[i] == '~' && i + 1 < step.size();
    name += !escape ? step[i] : step[i + 1] == '1' ? '/' : '~';
    if (escape) ++i;
  }
  return name;
}

const Json* member_of(const Json& parent, const std::string& name) {
  if (parent.is_object()) {
    const auto found = parent.find(name);
    return found == parent.end() ? nullptr : &*found;
  }
  if (!parent.is_array() || name.empty() || (name[0] == '0' && name.size() > 1)) return nullptr;
  size_t index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  const bool number = error == std::errc{} && end == name.data() + name.size();
  return number && index < parent.size() ? &parent[index] : nullptr;
}

// Null: nothing is there. REQUIRES: the pointer begins with '/'.
const Json* find(const Json& root, std::string_view pointer) {
  const Json* found = &root;
  while (found != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const size_t end = std::min(pointer.find('/'), pointer.size());
    found = member_of(*found, name_in(pointer.substr(0, end)));
    pointer.remove_prefix(end);
  }
  return found;
}

// Nothing for a list or an object. Those are not written out: one may be nested deeper than the
// stack is.
std::optional<std::string> text_of(const Json& value) {
  if (value.is_structured()) return {};
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool matches(const core::Pattern& wanted, const std::optional<std::string>& text) {
  return text ? wanted.matches(*text) : wanted.matches_all();
}

std::string shown(const std::optional<std::string>& text) {
  return text ? fmt::format("`{}`", said(*text)) : "a list or an object";
}

// The body, read as JSON where somebody asks for that.
class Body {
 public:
  explicit Body(const http::Fetched& answer) : answer_(answer) {}

  std::string_view text() const { return without_white_space_behind(answer_.body); }
  // Null: it is no JSON.
  const Json* json() {
    if (!parsed_) parsed_ = Json::parse(answer_.body, nullptr, false);
    return parsed_->is_discarded() ? nullptr : &*parsed_;
  }
  std::string why_no_json() const {
    return answer_.is_whole ? "its body is no JSON" : "its body is too long to be read as JSON";
  }

 private:
  const http::Fetched& answer_;
  std::optional<Json> parsed_;
};

// Which of the signs is in the answer's headers or body; nothing where none is.
std::optional<std::string> sign_in(const http::Fetched& answer, Body& body,
                                   const core::SignsConfig& signs) {
  for (const auto& [name, wanted] : signs.headers) {
    for (const auto& [field, value] : answer.fields) {
      if (field != name || !wanted.matches(value)) continue;
      return fmt::format("header {} is `{}`", name, said(value));
    }
  }
  if (signs.body && signs.body->matches(body.text())) {
    return fmt::format("its body matches `{}`", signs.body->text());
  }
  for (const auto& [pointer, wanted] : signs.json) {
    const Json* value = body.json() ? find(*body.json(), pointer) : nullptr;
    if (value == nullptr || !matches(wanted, text_of(*value))) continue;
    return fmt::format("`{}` is {}", pointer, shown(text_of(*value)));
  }
  return {};
}

// What the body lacks; nothing where it is as it should be.
std::optional<std::string> lack_of(const core::ProbeConfig& config, Body& body) {
  if (config.body && !config.body->matches(body.text())) {
    return fmt::format("its body does not match `{}`", config.body->text());
  }
  for (const auto& [pointer, wanted] : config.json) {
    if (body.json() == nullptr) return body.why_no_json();
    const Json* value = find(*body.json(), pointer);
    if (value == nullptr) return fmt::format("its body has no `{}`", pointer);
    if (matches(wanted, text_of(*value))) continue;
    return fmt::format("`{}` is {}, expected `{}`", pointer, shown(text_of(*value)), wanted.text());
  }
  return {};
}

}  // namespace

ProbeResult judge(const core::ProbeConfig& config, const http::Fetched& answer) {
  const std::string status = fmt::format("status {}", answer.status);
  // What the backend can say of itself, the most pressing first.
  const std::pair<Verdict, const core::SignsConfig&> words[] = {
      {Verdict::draining, config.draining}, {Verdict::degraded, config.degraded}};
  for (const auto& [verdict, signs] : words) {
    if (holds(signs.status, answer.status)) return {verdict, status};
  }
  if (!holds(config.expect, answer.status)) {
    return failed(fmt::format("{}, expected {}", status, text_of(config.expect)));
  }
  Body body(answer);
  for (const auto& [verdict, signs] : words) {
    const auto sign = sign_in(answer, body, signs);
    if (sign) return {verdict, fmt::format("{}, {}", status, *sign)};
  }
  if (auto lack = lack_of(config, body)) return failed(fmt::format("{}, but {}", status, *lack));
  return pass(status);
}

}  // namespace fairlead::control

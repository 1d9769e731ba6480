#include "proxy/filter/header_edits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/router.h"
#include "proxy/filter/security_fields.h"
#include "wire/http1_chars.h"

namespace fairlead::proxy {
namespace {

// Names that patterns look at are at most so long; a longer one fits no rule.
constexpr size_t kLongestName = 128;

// As rules have names: in lower case, with dashes for underscores (core::is_same_header).
class FoldedName {
 public:
  explicit FoldedName(std::string_view name) : size_(std::min(name.size(), kLongestName)) {
    std::ranges::transform(name.substr(0, size_), text_.begin(), wire::http1::to_lower);
  }
  bool fits(const std::vector<core::Pattern>& patterns) {
    if (fits_one(patterns)) return true;
    std::replace(text_.begin(), text_.begin() + size_, '_', '-');
    return fits_one(patterns);
  }

 private:
  bool fits_one(const std::vector<core::Pattern>& patterns) const {
    return std::ranges::any_of(patterns, [&](const core::Pattern& pattern) {
      return pattern.matches({text_.data(), size_});
    });
  }

  size_t size_;
  std::array<char, kLongestName> text_;
};

void take_out(http::Fields& fields, std::string_view name) {
  for (http::Field& field : fields.all())
    if (core::is_same_header(field.name, name)) field.hop_by_hop = true;
}

void take_out(http::Fields& fields, const std::vector<core::Pattern>& names) {
  if (names.empty()) return;
  for (http::Field& field : fields.all())
    if (FoldedName(field.name).fits(names)) field.hop_by_hop = true;
}

bool add(http::Fields& fields, std::string_view name, std::string_view value) {
  return fields.add({.name = name, .value = value, .id = wire::http1::field_id(name)});
}

bool has(const http::Fields& fields, std::string_view name) {
  return std::ranges::any_of(fields.all(), [&](const http::Field& field) {
    return !field.hop_by_hop && core::is_same_header(field.name, name);
  });
}

}  // namespace

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return wire::http1::is_char(c, wire::http1::kText); });
}

std::string_view expand(const core::Template& text, const core::TemplateFacts& facts,
                        http::Scratch& scratch) {
  if (const auto constant = text.constant()) return *constant;
  return scratch.join({text.expand(facts)});
}

Result<void> edit_request(const core::HeaderEdits& edits, const core::TemplateFacts& facts,
                          http::Request& request, http::Scratch& scratch) {
  std::vector<std::string_view> values;
  values.reserve(edits.set.size() + edits.add.size());
  for (const auto* fields : {&edits.set, &edits.add}) {
    for (const core::HeaderField& field : *fields) {
      values.push_back(wire::http1::trim_blanks(expand(field.value, facts, scratch)));
      if (!is_field_value(values.back()))
        return fail(Code::malformed, Side::downstream,
                    fmt::format("of this request no `{}` can be made", field.name));
    }
  }
  take_out(request.fields, edits.remove);
  for (const core::HeaderField& field : edits.set) take_out(request.fields, field.name);
  size_t at = 0;
  for (const auto* fields : {&edits.set, &edits.add}) {
    for (const core::HeaderField& field : *fields) {
      const std::string_view value = values[at++];
      if (!value.empty() && !add(request.fields, field.name, value))
        return fail(Code::too_large, Side::downstream, "too many fields to add those of the route");
    }
  }
  return {};
}

void edit_response(const core::HeaderEdits& edits, const core::TemplateFacts& facts,
                   http::Response& response, http::Scratch& scratch, bool by_https) {
  http::Fields& fields = response.fields;
  take_out(fields, edits.remove);
  for (const core::HeaderField& field : edits.set) take_out(fields, field.name);
  for (const auto* list : {&edits.set, &edits.add}) {
    for (const core::HeaderField& field : *list) {
      const std::string_view value = wire::http1::trim_blanks(expand(field.value, facts, scratch));
      if (!value.empty() && is_field_value(value)) add(fields, field.name, value);
    }
  }
  if (!edits.security) return;
  for (const SecurityField& field : security_fields()) {
    if (field.only_https && !by_https) continue;
    const bool is_edited = FoldedName(field.name).fits(edits.remove) ||
                           std::ranges::any_of(edits.set, [&](const core::HeaderField& set) {
                             return core::is_same_header(set.name, field.name);
                           });
    if (!is_edited && !has(fields, field.name)) add(fields, field.name, field.value);
  }
}

}  // namespace fairlead::proxy

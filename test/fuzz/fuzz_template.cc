// Fuzzes templates and rewrites: any text as a template, with any text filled in. Nothing but the
// template's own letters may end a line of a head, leave a path or a JSON string.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "core/path_rewrite.h"
#include "core/redirect_target.h"
#include "core/template.h"
#include "wire/uri_path.h"

namespace {

using fairlead::core::Escape;
using fairlead::core::Fact;
using fairlead::core::PathRewrite;
using fairlead::core::Template;

// {path} is one that a request could have; every other fact is hostile.
class Facts final : public fairlead::core::TemplateFacts {
 public:
  Facts(std::string_view path, std::string_view value) : path_(path), value_(value) {}
  void append(std::string& out, Fact fact, std::string_view) const override {
    out += fact == Fact::path ? path_ : value_;
  }

 private:
  std::string_view path_;
  std::string_view value_;
};

bool holds_any(std::string_view text, std::string_view letters) {
  return text.find_first_of(letters) != text.npos;
}

void check_path(const PathRewrite& rewrite, std::string_view path, const Facts& facts) {
  const auto made = rewrite.apply(path, facts);
  if (!made) return;
  CHECK(made->starts_with('/'));
  CHECK(!holds_any(*made, std::string_view(" \t\r\n\0?#\\", 8)));
  CHECK(!fairlead::core::has_dot_segment(*made));
  std::string storage(made->size(), '\0');
  const auto normal =
      fairlead::wire::normalise_path(*made, storage, fairlead::wire::EncodedSlash::refuse);
  if (normal.fault != fairlead::wire::PathFault::none) return;
  CHECK(!fairlead::core::has_dot_segment(normal.path));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t first = std::min(input.find('\n'), input.size());
  const std::string_view text = input.substr(0, first);
  const std::string_view rest = input.substr(std::min(first + 1, input.size()));
  const size_t second = std::min(rest.find('\n'), rest.size());
  const std::string_view replacement = rest.substr(0, second);
  const std::string_view value = rest.substr(std::min(second + 1, rest.size()));

  const std::string raw = "/" + std::string(value.substr(0, 200));
  std::string storage(raw.size(), '\0');
  const auto normal =
      fairlead::wire::normalise_path(raw, storage, fairlead::wire::EncodedSlash::refuse);
  const bool is_path = normal.fault == fairlead::wire::PathFault::none;
  const std::string path(is_path ? normal.path : "/a/b");
  const Facts facts(path, value);

  if (const auto parsed = Template::parse(text)) {
    const bool has_break = holds_any(text, std::string_view("\r\n\0", 3));
    if (const auto location = fairlead::core::redirect_target(*parsed, facts)) {
      CHECK(has_break || !holds_any(*location, std::string_view("\r\n\0", 3)));
      const bool own_host = text.starts_with('/') && !text.starts_with("//");
      CHECK(!own_host || (!location->starts_with("//") && !location->starts_with("/\\")));
    }
    const std::string json = parsed->expand(facts, Escape::json);
    CHECK(has_break || !holds_any(json, std::string_view("\r\n\0", 3)));
    const std::string html = parsed->expand(facts, Escape::html);
    CHECK(holds_any(text, "<>") || !holds_any(html, "<>"));
    CHECK(parsed->is_constant() == parsed->constant().has_value());
    if (parsed->constant()) CHECK(parsed->expand(facts) == *parsed->constant());
  }
  if (const auto rewrite = PathRewrite::by_template(text)) check_path(*rewrite, path, facts);
  if (const auto rewrite = PathRewrite::by_prefix(text, replacement))
    check_path(*rewrite, path, facts);
  if (text.size() > 64) return 0;  // what a long expression costs is RE2's to know
  if (const auto rewrite = PathRewrite::by_regex(text, replacement))
    check_path(*rewrite, path, facts);
  return 0;
}

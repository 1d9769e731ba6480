// PathRewrite: the path that a backend is asked for, made from the one that the client asked for.
//
// In one of three ways: a template, a regular expression with its replacement, or a prefix that is
// taken off and one that is put in front. It works on the normalised path; the query is none of its
// business. What it gives is checked: nothing that a client sends can lead out of the folder that
// the rewrite names.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/template.h"

namespace re2 {
class RE2;
}

namespace fairlead::core {

class PathRewrite {
 public:
  using Fault = Template::Fault;

  // All give why a text cannot be used. A template begins with '/', or with {path}.
  static std::expected<PathRewrite, Fault> by_template(std::string_view text);
  // RE2; the first place where it is found is replaced, and a path in which it is not found stays.
  static std::expected<PathRewrite, Fault> by_regex(std::string_view expression,
                                                    std::string_view replacement);
  // Either may be empty. `strip` is taken off by whole segments, where the path begins with it.
  static std::expected<PathRewrite, Fault> by_prefix(std::string_view strip, std::string_view add);
  // What is wrong with a prefix, a template or a replacement as text of a path, if anything.
  static std::expected<void, Fault> check_text(std::string_view text);

  enum class Kind : unsigned char { none, by_template, by_regex, by_prefix };
  Kind kind() const { return kind_; }

  // The new path, to be normalised; or why it is none. Cost: allocates.
  std::expected<std::string, std::string> apply(std::string_view path,
                                                const TemplateFacts& facts) const;

  // Of an expression: that it is costly, or may give no path, if so.
  std::optional<Fault> doubt() const;
  // Whether a path that is none is the client's doing: it chose what was filled in.
  bool is_filled_by_client() const { return kind_ == Kind::by_template && template_.asks_client(); }

  // As it was written: the template; the expression and its replacement; what is stripped and
  // added.
  const std::string& first() const { return first_; }
  const std::string& second() const { return second_; }

 private:
  Kind kind_ = Kind::none;
  std::string first_;
  std::string second_;
  Template template_;
  std::shared_ptr<const re2::RE2> regex_;
};

// Whether a path has a segment "." or "..", also written with %2e.
bool has_dot_segment(std::string_view path);

}  // namespace fairlead::core

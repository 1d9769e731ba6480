#include "core/config/reference_page.h"

#include <fmt/format.h>

#include <iterator>
#include <set>

#include "core/config/options/sections.h"

namespace fairlead::core {
namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Written by `fairlead reference` from the tables that read the file: change src/core/config, not this page. -->

One YAML file says what Fairlead serves. The smallest useful one:

```yaml
listeners:
  web: { bind: ":8080", pool: app }
pools:
  app:
    backends: [127.0.0.1:9001, 127.0.0.1:9002, 127.0.0.1:9003]
```

`fairlead check -c fairlead.yaml` tells everything that is wrong with a file at once, each with its line and a hint.
`fairlead schema` prints a JSON Schema, with which editors complete and check while you type. A file that is wrong is
never used in part: `run` does not start with it, and a reload keeps what runs.

## How values are written

| what | how |
| --- | --- |
| duration | a whole number and `ms`, `s`, `m`, `h` or `d`: `500ms`, `10s`, `5m`, `1h`, `1d`; `0` needs no unit |
| size | a whole number and `B`, `KiB`, `MiB` or `GiB`: `64KiB` |
| address | `127.0.0.1:80`, `"[::1]:80"`, `":8080"` (every interface, IPv4 and IPv6), `unix:/run/app.sock`; names are not resolved, but for `localhost`, which is 127.0.0.1 |
| network | `10.0.0.0/8`, `2001:db8::/32`, or one address |
| pattern | `exact`, `with*glob`, `~regular expression` ([RE2](https://github.com/google/re2/wiki/Syntax)), `"*"` for whatever is there |
| name | letters, digits, `-`, `_` and `.`, at most 64 |

Where a list is asked for, one value alone will do. Whatever has one main setting may be written as that setting; each
short form below says which long form it means.

## Variables

`${NAME}` stands for the value of an environment variable, `${NAME:-default}` for a default where it is not set or
empty, `$$` for one `$`. Variables are filled in inside values, after the file was read as YAML: whatever they hold, they
add no key and no list. Keys are left as they are. The default ends at the first `}`.

## Several files

`include: [conf.d/*.yaml]` reads more files, relative to the one that says it, in the order of their names. They may hold
`listeners`, `pools` and `include`. A name may stand only once over all of them.

## YAML's traps

Put quotes around `"*.example.com"` and `"*"` (an alias without them), `"[::1]:80"` (a list), `"{path}"` (a mapping) and
`":8080"`. Indent with spaces, and put one after each colon. Numbers have no leading zero, and no `1:30`. Regular
expressions go into single quotes: in double quotes a backslash begins an escape. A key that stands twice is an error, and
so are aliases (`*name`), merge keys (`<<`) and tags (`!name`). `off` turns a thing off; `no` does not.

## Limits

A file has at most 16 MiB, 1,000,000 values and 32 levels; includes go 8 deep and to 1,000 files.

)";

class Page {
 public:
  std::string write() {
    out_ = kIntroduction;
    section(file_outline());
    return out_;
  }

 private:
  void section(const Outline& outline) {
    fmt::format_to(std::back_inserter(out_), "## {}\n\n{}\n\n", outline.heading, outline.help);
    for (const OptionOutline& each : outline.options) option(each);
    short_forms(outline);
    for (const OptionOutline& each : outline.options) sections_in(each.shape);
  }

  void option(const OptionOutline& option) {
    fmt::format_to(std::back_inserter(out_), "- **`{}`**: {}", option.name, option.help);
    const Outline* inner = section_of(option.shape);
    if (inner == nullptr || option.shape.kind != Shape::Kind::section)
      out_ += " Takes " + option.shape.words + ".";
    if (inner != nullptr)
      fmt::format_to(std::back_inserter(out_), " See [{}](#{}).", inner->heading, anchor(*inner));
    const bool empty =
        option.default_text.empty() || option.default_text == "[]" || option.default_text == "\"\"";
    const bool simple_default = !empty && option.shape.kind != Shape::Kind::section;
    if (simple_default)
      fmt::format_to(std::back_inserter(out_), " Default: `{}`.", option.default_text);
    if (!option.example.empty()) {
      fmt::format_to(std::back_inserter(out_), " Example: `{}: {}`.", option.name, option.example);
    }
    out_ += '\n';
  }

  void short_forms(const Outline& outline) {
    out_ += '\n';
    if (outline.short_forms.empty() && !outline.can_be_off) return;
    out_ += "Short forms:\n\n";
    for (const ShortForm& form : outline.short_forms) {
      fmt::format_to(std::back_inserter(out_), "- `{}` means `{}`\n", form.example, form.means);
    }
    if (outline.can_be_off)
      fmt::format_to(std::back_inserter(out_), "- `{}: off` for none\n", outline.name);
    out_ += '\n';
  }

  // Each section once, where it is first used.
  void sections_in(const Shape& shape) {
    if (shape.kind == Shape::Kind::section && written_.insert(shape.outline().name).second)
      section(shape.outline());
    for (const Shape& part : shape.parts) sections_in(part);
  }

  static const Outline* section_of(const Shape& shape) {
    if (shape.kind == Shape::Kind::section) return &shape.outline();
    for (const Shape& part : shape.parts) {
      if (const Outline* found = section_of(part)) return found;
    }
    return nullptr;
  }

  static std::string anchor(const Outline& outline) {
    std::string out;
    for (char c : outline.heading)
      out += c == ' ' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return out;
  }

  std::string out_;
  std::set<std::string> written_;
};

}  // namespace

std::string reference_page() { return Page().write(); }

}  // namespace fairlead::core

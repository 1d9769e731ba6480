// request_headers and response_headers: fields that are taken out, set and added on the way.
#include <fmt/format.h>

#include "core/config/options/header_fields.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"

namespace fairlead::core {
namespace {

void finish(HeaderEdits&, const Node& node, Reader& reader) {
  if (node.entries.empty())
    reader.error(node, fmt::format("{} changes nothing", reader.where()),
                 "for example `{ set: { x-tier: gold } }`");
}

Option<HeaderEdits> set_option(HeaderSide side) {
  return {"set", &HeaderEdits::set, header_fields(side),
          "Fields that take the place of all of their name; one whose value comes out empty is "
          "left out.",
          "{ x-tier: gold }"};
}

Option<HeaderEdits> add_option(HeaderSide side) {
  return {"add", &HeaderEdits::add, header_fields(side), "Fields beside those of their name.",
          "{ x-via: fairlead }"};
}

Option<HeaderEdits> remove_option(HeaderSide side) {
  return {"remove", &HeaderEdits::remove, header_names(side),
          "Fields that do not go on, by name in any case; `x-debug-*` is all that begin so.",
          "[x-debug]"};
}

Type<bool> preset() { return choice<bool>({{"security", true}}); }

}  // namespace

const Section<HeaderEdits>& request_headers_section() {
  static const Section<HeaderEdits> section = {
      .name = "request_headers",
      .heading = "Request headers",
      .help =
          "Changes what backends are told: first `remove`, then `set`, then `add`. In values are "
          "filled in `{client_ip}`, `{host}`, `{header:NAME}` and the like, all of the request as "
          "the client sent it: docs/edits.md.",
      .options = {set_option(HeaderSide::request), add_option(HeaderSide::request),
                  remove_option(HeaderSide::request)},
      .finish = finish,
  };
  return section;
}

const Section<HeaderEdits>& response_headers_section() {
  static const Section<HeaderEdits> section = {
      .name = "response_headers",
      .heading = "Response headers",
      .help =
          "Changes what clients are told, also in answers of Fairlead's own: first `remove`, then "
          "`set`, then `add`, then what the preset has and nobody else has said. In values "
          "`{backend}` is filled in, too.",
      .options = {set_option(HeaderSide::response),
                  add_option(HeaderSide::response),
                  remove_option(HeaderSide::response),
                  {"preset", &HeaderEdits::security, preset(),
                   "`security`: the fields that browsers should be told by any site, where the "
                   "backend has not said them: docs/edits.md.",
                   "security"}},
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core

// maintenance: an answer in place of all others, for a while.
#include <fmt/format.h>

#include "core/config/options/fixed_body.h"
#include "core/config/options/names.h"
#include "core/config/options/sections.h"
#include "core/config/options/true_or_false.h"
#include "core/config/types.h"

namespace fairlead::core {
namespace {

void finish(MaintenanceConfig& maintenance, const Node& node, Reader& reader) {
  maintenance.given = true;
  const Node* body = node.find("body");
  const Node* file = node.find("file");
  if (body != nullptr && file != nullptr)
    reader.error(*file, fmt::format("{} has both `body` and `file`", reader.where()),
                 "keep one of them");
}

// One line for a page that is written into the file: line ends may stand in it.
Type<std::string> page() {
  return text_type<std::string>(
      Shape{.words = "a text"},
      [](std::string_view text) -> Parsed<std::string> { return std::string(text); },
      [](const std::string& value) { return value.empty() ? Node{} : scalar(value); });
}

Type<std::vector<Subnet>> networks() {
  Type<std::vector<Subnet>> type = list_of(network(), "a list of networks");
  auto show = type.show;
  type.show = [show](const std::vector<Subnet>& values) {
    return values.empty() ? Node{} : show(values);
  };
  return type;
}

}  // namespace

const Section<MaintenanceConfig>& maintenance_section() {
  static const Section<MaintenanceConfig> section = {
      .name = "maintenance",
      .heading = "Maintenance",
      .help =
          "Answers 503 to all but a few, of a route or of a whole listener: docs/edits.md. `on: "
          "false` keeps the rest of it for the next time.",
      .options =
          {{"on", &MaintenanceConfig::on, true_or_false(), "Whether it answers now.", "true"},
           {"allow", &MaintenanceConfig::allow, networks(),
            "Whose requests pass all the same, by the client's address.", "[10.0.0.0/8]"},
           {"retry_after", &MaintenanceConfig::retry_after, duration(1s, 24h * 7),
            "When clients are told to come back.", "1h"},
           {"body", &MaintenanceConfig::body, page(),
            "The page. Without it and `file`: a short one, or `application/problem+json` for who "
            "does not ask for HTML.",
            "\"<h1>Back at noon</h1>\""},
           {"content_type", &MaintenanceConfig::content_type, media_type(),
            "The `content-type` of `body`.", "text/plain"},
           {"file", &MaintenanceConfig::file, fixed_body(),
            "The page, from a file that is read with the configuration.", "maintenance.html"}},
      .short_forms = {{Shape{.words = "`on`", .choices = {"on"}}, "maintenance: on",
                       "maintenance: { on: true }"}},
      .turn_off = [](MaintenanceConfig& maintenance) { maintenance = {}; },
      .is_off = [](const MaintenanceConfig& maintenance) { return !maintenance.given; },
      .turn_on = [](MaintenanceConfig& maintenance) { maintenance.given = true; },
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core

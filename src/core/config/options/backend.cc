// backends: the servers of a pool.
#include <fmt/format.h>

#include "core/config/options/sections.h"
#include "core/config/options/true_or_false.h"
#include "core/config/types.h"

namespace fairlead::core {
namespace {

// A backend found by a name instead of an address is told so by check_keys().
bool has_other_source(const Node& node) {
  return node.find("dns") != nullptr || node.find("srv") != nullptr;
}

void finish(BackendConfig&, const Node& node, Reader& reader) {
  if (node.find("address") != nullptr || has_other_source(node) ||
      reader.notebook().may_be_lost({"address"}))
    return;
  reader.error(node, fmt::format("a backend of {} has no `address`", reader.owner()),
               "for example `{ address: 10.0.0.1:8080, weight: 5 }`");
}

}  // namespace

const Section<BackendConfig>& backend_section() {
  static const Section<BackendConfig> section = {
      .name = "backend",
      .heading = "Backends",
      .help = "The servers of a pool.",
      .options = {{"address", &BackendConfig::address, backend_address(),
                   "Where the backend is reached.", "10.0.0.1:8080"},
                  {"weight", &BackendConfig::weight, whole_number(0, 1000),
                   "Its share of the work beside the other backends; 0: no new work.", "5"},
                  {"zone", &BackendConfig::zone, text("a name", 64),
                   "Where it stands. The instance's own zone is preferred as long as 1/1.4 of that "
                   "zone's weight is usable; below that the missing part spills to the others.",
                   "eu-1a"},
                  {"priority", &BackendConfig::priority, whole_number(0, 100),
                   "Its tier: 0 is used first. Work spills to the next tier, in proportion, when "
                   "less than 1/1.4 of a tier's weight is usable.",
                   "1"},
                  {"backup", &BackendConfig::backup, true_or_false(),
                   "Used only where no backend that is none is usable.", "true"}},
      .expand = [](const Node& node,
                   Reader&) { return node.is_scalar() ? map_of("address", node) : node; },
      .short_forms = {{backend_address().shape, "backends: [10.0.0.1:8080]",
                       "backends: [{ address: 10.0.0.1:8080 }]"}},
      .finish = finish,
  };
  return section;
}

}  // namespace fairlead::core

// admin: where the dashboard, the API, /metrics, /health and /ready are served.
#include "core/config/options/sections.h"
#include "core/config/types.h"

namespace fairlead::core {

const Section<std::optional<Address>>& admin_section() {
  static const Section<std::optional<Address>> section = {
      .name = "admin",
      .heading = "Admin",
      .help =
          "Where the API, `/metrics`, `/health` and `/ready` are served. Whoever reaches this "
          "address can "
          "drain backends: keep it private.",
      .options = {{"bind", [](auto& admin) -> auto& { return *admin; }, address(),
                   "The address to listen on.", "127.0.0.1:9900"}},
      .expand = [](const Node& node,
                   Reader&) { return node.is_scalar() ? map_of("bind", node) : node; },
      .short_forms = {{address().shape, "admin: 127.0.0.1:9900",
                       "admin: { bind: 127.0.0.1:9900 }"}},
      .turn_off = [](std::optional<Address>& admin) { admin.reset(); },
      .is_off = [](const std::optional<Address>& admin) { return !admin; },
      .finish =
          [](std::optional<Address>& admin, const Node& node, Reader& reader) {
            const Node* bind = node.find("bind");
            if (bind != nullptr && bind->is_scalar())
              reader.notes().binds.push_back({*admin, "`admin`", bind->spot});
          },
      .defaults = Config{}.admin,
  };
  return section;
}

}  // namespace fairlead::core

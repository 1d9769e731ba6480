// admin: where the dashboard, the API, /metrics, /health and /ready are served.
#include <fmt/format.h>

#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

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
            if (bind == nullptr || !bind->is_scalar()) return;
            reader.notes().binds.push_back({*admin, "`admin`", bind->spot});
            if (admin->is_unix() || admin->ip().is_loopback()) return;
            reader.warning(
                *bind,
                fmt::format("whoever reaches {} can read the whole configuration, the addresses of "
                            "the backends and all numbers, and can reload: nobody is asked for a "
                            "password",
                            ticked(admin->text())),
                "listen on `127.0.0.1:9900` or `unix:/path`, or let a firewall decide who reaches "
                "it");
          },
      .defaults = Config{}.admin,
  };
  return section;
}

}  // namespace fairlead::core

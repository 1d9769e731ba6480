#include "app/status.h"

#include "app/tell.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "app/admin_client.h"
#include "app/run.h"
#include "control/status_report.h"

namespace fairlead::app {
namespace {

// Colour for a person at a terminal, unless they ask for none (no-color.org).
control::Colour colour_here() {
  const char* no_colour = std::getenv("NO_COLOR");
  const bool wanted = isatty(STDOUT_FILENO) == 1 && (!no_colour || *no_colour == '\0');
  return wanted ? control::Colour::on : control::Colour::off;
}

Result<std::string> get(const Address& admin, const std::string& path) {
  auto fetched = ask_admin(admin, {.path = path});
  if (!fetched) return std::unexpected(std::move(fetched.error()));
  if (fetched->status == 200) return std::move(fetched->body);
  return fail(Code::unsupported, Side::upstream,
              fmt::format("{} was answered with {}", path, fetched->status));
}

Result<std::string> report(const Address& admin) {
  const auto status = get(admin, "/api/v1/status");
  if (!status) return std::unexpected(status.error());
  const auto pools = get(admin, "/api/v1/pools");
  if (!pools) return std::unexpected(pools.error());
  auto text = control::status_report(*status, *pools, colour_here());
  if (!text) return fail(Code::unsupported, Side::upstream, text.error());
  return std::move(*text);
}

}  // namespace

int run_status(const Address& admin) {
  const auto text = report(admin);
  if (!text) {
    complain_of_admin(admin, text.error());
    return kWrong;
  }
  return tell(*text);
}

}  // namespace fairlead::app

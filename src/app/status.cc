#include "app/status.h"

#include "app/tell.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "control/status_report.h"
#include "http/fetch.h"
#include "net/kernel_network.h"
#include "net/scope.h"

namespace fairlead::app {
namespace {

constexpr Duration kPatience = 5s;
constexpr size_t kMostBody = 64 * 1024 * 1024;  // ten thousand backends are some 8 MiB

// Colour for a person at a terminal, unless they ask for none (no-color.org).
control::Colour colour_here() {
  const char* no_colour = std::getenv("NO_COLOR");
  const bool wanted = isatty(STDOUT_FILENO) == 1 && (!no_colour || *no_colour == '\0');
  return wanted ? control::Colour::on : control::Colour::off;
}

net::Task<Result<std::string>> ask(net::Network& network, Address admin, std::string path) {
  const Instant deadline = network.now() + kPatience;
  auto fetched = co_await http::fetch(network, admin, {.path = path}, deadline, kMostBody);
  if (!fetched) co_return std::unexpected(fetched.error());
  if (fetched->status != 200) {
    co_return fail(Code::unsupported, Side::upstream,
                   fmt::format("{} was answered with {}", path, fetched->status));
  }
  co_return std::move(fetched->body);
}

net::Task<Result<std::string>> report(net::Network& network, Address admin) {
  const auto status = co_await ask(network, admin, "/api/v1/status");
  if (!status) co_return std::unexpected(status.error());
  const auto pools = co_await ask(network, admin, "/api/v1/pools");
  if (!pools) co_return std::unexpected(pools.error());
  auto text = control::status_report(*status, *pools, colour_here());
  if (!text) co_return fail(Code::unsupported, Side::upstream, text.error());
  co_return std::move(*text);
}

void complain(const Address& admin, const Error& error) {
  const bool silent = error.code != Code::unsupported && error.code != Code::malformed;
  fmt::print(stderr, "fairlead: {} {}: {}\n",
             silent ? "no instance answers at" : "no Fairlead answers at", admin.text(),
             error.detail);
  if (silent)
    fmt::print(stderr, "  Is it running? Its admin address is said by --admin ADDRESS.\n");
}

}  // namespace

int run_status(const Address& admin) {
  net::KernelNetwork network;
  Result<std::string> text;
  const auto ask_and_stop = [&]() -> net::Task<void> {
    text = co_await report(network, admin);
    network.stop();
  };
  net::Scope scope;
  scope.spawn(ask_and_stop());
  if (!scope.empty()) network.run();
  if (!text) {
    complain(admin, text.error());
    return 1;
  }
  return tell(*text);
}

}  // namespace fairlead::app

#include "app/admin_client.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "net/kernel_network.h"
#include "net/scope.h"

namespace fairlead::app {
namespace {

constexpr Duration kPatience = 30s;             // a reload of a large file takes its time
constexpr size_t kMostBody = 64 * 1024 * 1024;  // ten thousand backends are some 8 MiB

}  // namespace

Result<http::Fetched> ask_admin(const Address& admin, http::FetchRequest request) {
  net::KernelNetwork network;
  std::optional<Result<http::Fetched>> answer;
  const auto ask_and_stop = [&]() -> net::Task<void> {
    answer = co_await http::fetch(network, admin, std::move(request), network.now() + kPatience,
                                  kMostBody);
    network.stop();
  };
  net::Scope scope;
  scope.spawn(ask_and_stop());
  if (!scope.empty()) network.run();
  if (*answer && !(*answer)->is_whole) {
    return fail(Code::too_large, Side::upstream, "the answer is longer than 64 MiB");
  }
  return std::move(*answer);
}

void complain_of_admin(const Address& admin, const Error& error) {
  const bool silent = error.code != Code::unsupported && error.code != Code::malformed &&
                      error.code != Code::too_large;
  fmt::print(stderr, "fairlead: {} {}: {}\n",
             silent ? "no instance answers at" : "no Fairlead answers at", admin.text(),
             error.detail);
  if (silent)
    fmt::print(stderr, "  Is it running? Its admin address is said by --admin ADDRESS.\n");
}

}  // namespace fairlead::app

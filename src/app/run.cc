#include "app/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/files.h"
#include "app/instance.h"
#include "app/tell.h"
#include "control/counted.h"
#include "control/notify.h"
#include "control/signals.h"
#include "core/config/load.h"

namespace fairlead::app {
namespace {

core::LoadResult load_flags(const RunFlags& flags, const core::Config* running = nullptr) {
  if (!flags.config.empty()) {
    core::Outside outside = real_world();
    outside.running = running;
    return core::load(flags.config, outside);
  }
  auto config = core::config_from_flags(flags.listen, flags.to);
  if (!config) return {std::nullopt, std::move(config.error())};
  return {std::move(*config), {}};
}

// --admin goes before what the file says. What is wrong or odd with it.
core::Problems override_admin(core::LoadResult& loaded, const std::string& admin) {
  if (admin.empty() || !loaded.config) return {};
  return core::take_admin_flag(*loaded.config, admin);
}

// Started with a standard stream closed, its number would be given to the next thing that is
// opened, and log lines would go there.
void open_closed_standard_streams() {
  int opened = 0;
  do {
    opened = open("/dev/null", O_RDWR);
  } while (opened >= 0 && opened <= STDERR_FILENO);
  if (opened > STDERR_FILENO) close(opened);
}

}  // namespace

int run(const RunFlags& flags) {
  open_closed_standard_streams();
  core::LoadResult loaded = load_flags(flags);
  fmt::print(stderr, "{}", core::render(loaded.problems));
  if (!loaded.config) return kWrong;
  const core::Problems of_admin = override_admin(loaded, flags.admin);
  fmt::print(stderr, "{}", core::render(of_admin));
  if (core::has_errors(of_admin)) return kUsage;

  control::Signals::block();
  LoadAgain load_again;
  if (!flags.config.empty()) {
    load_again = [flags](const core::Config& running) {
      core::LoadResult again = load_flags(flags, &running);
      static_cast<void>(override_admin(again, flags.admin));  // told at the start
      return again;
    };
  }
  Instance instance(std::move(*loaded.config), std::move(load_again),
                    control::Notify::from_environment());
  if (auto started = instance.start(); !started) {
    fmt::print(stderr, "{}", core::render(started.error()));
    return kCannotStart;
  }
  instance.run();
  return kDone;
}

int check(const std::string& path) {
  const core::LoadResult loaded = core::load(path, real_world());
  fmt::print(stderr, "{}", core::render(loaded.problems));
  if (!loaded.config) return kWrong;
  return tell(fmt::format("{}: good: {}, {}\n", path,
                          control::counted(loaded.config->listeners.size(), "listener"),
                          control::counted(loaded.config->pools.size(), "pool")));
}

}  // namespace fairlead::app

// main(): the command line as a tree, one function behind each leaf. No logic.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "app/run.h"
#include "app/status.h"
#include "app/tell.h"
#include "core/config/reference_page.h"
#include "core/config/schema.h"

namespace {

using namespace fairlead::app;

// CLI11 would say only that a command is missing.
bool names_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  if (std::ranges::any_of(commands,
                          [&](const CLI::App* command) { return command->get_name() == argv[1]; }))
    return false;
  fmt::print(stderr, "fairlead: there is no command `{}`; see fairlead --help\n", argv[1]);
  return true;
}

int status_of(const std::string& admin) {
  const auto address = fairlead::Address::parse(admin);
  if (address) return run_status(*address);
  fmt::print(stderr, "fairlead status: --admin {}: {}\n", admin, address.error());
  return kUsage;
}

// CLI11's own codes vary; ours are 0 for help and 2 for wrong usage.
int usage_exit(const CLI::App& app, const CLI::ParseError& error) {
  return app.exit(error) == 0 ? kDone : kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Fairlead: a load balancer for TCP and HTTP.", "fairlead");
  app.require_subcommand(1);

  RunFlags run_flags;
  CLI::App* run_command = app.add_subcommand("run", "Serve until SIGTERM, which drains");
  auto* config = run_command->add_option("-c,--config", run_flags.config, "The configuration file");
  auto* listen = run_command->add_option("--listen", run_flags.listen,
                                         "Without a file: the address, e.g. :8080 or tcp://:5432");
  auto* to = run_command->add_option(
      "--to", run_flags.to, "Without a file: the backends, e.g. 127.0.0.1:9001,127.0.0.1:9002");
  listen->needs(to)->excludes(config);
  to->needs(listen);
  run_command->add_option("--admin", run_flags.admin,
                          "The admin address, or off; goes before the file");

  std::string check_path;
  CLI::App* check_command = app.add_subcommand("check", "Print every problem of a configuration");
  check_command->add_option("-c,--config", check_path, "The configuration file")->required();

  std::string admin = "127.0.0.1:9900";
  CLI::App* status_command = app.add_subcommand("status", "One table of a running instance");
  status_command->add_option("--admin", admin, "Its admin address")->capture_default_str();

  CLI::App* schema_command =
      app.add_subcommand("schema", "Print the JSON Schema of the configuration file");
  CLI::App* version_command = app.add_subcommand("version", "Print the version");
  CLI::App* reference_command =
      app.add_subcommand("reference", "Print the reference page of the configuration");
  reference_command->group("");  // for `make docs`, not for users

  if (names_unknown_command(app, argc, argv)) return kUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage_exit(app, error);
  }
  if (*run_command) {
    if (run_flags.config.empty() && run_flags.listen.empty()) {
      fmt::print(stderr, "fairlead run: give -c FILE, or --listen ADDRESS with --to ADDRESSES\n");
      return kUsage;
    }
    return run(run_flags);
  }
  if (*check_command) return check(check_path);
  if (*status_command) return status_of(admin);
  if (*schema_command) return tell(fairlead::core::json_schema());
  if (*reference_command) return tell(fairlead::core::reference_page());
  if (*version_command) return tell(fmt::format("fairlead {}\n", FAIRLEAD_VERSION));
  return kDone;
}

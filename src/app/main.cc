// main(): the command line as a tree, one function behind each leaf. No logic.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "app/explain.h"
#include "app/orders.h"
#include "app/run.h"
#include "app/self_signed.h"
#include "app/simulate.h"
#include "app/status.h"
#include "app/tell.h"
#include "core/config/reference_page.h"
#include "core/config/schema.h"

namespace {

using namespace fairlead::app;

// CLI11 would say only that a command is missing.
bool names_unknown_command(const CLI::App& app, std::span<char* const> words,
                           const std::string& before = "fairlead") {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  if (commands.empty() || words.empty() || words[0][0] == '-') return false;
  const std::string_view name = words[0];
  const auto found =
      std::ranges::find(commands, name, [](const CLI::App* c) { return c->get_name(); });
  if (found != commands.end())
    return names_unknown_command(**found, words.subspan(1), fmt::format("{} {}", before, name));
  fmt::print(stderr, "{0}: there is no command `{1}`; see {0} --help\n", before, name);
  return true;
}

// Calls `ask` with the admin address, if it is one.
template <typename Ask>
int at_admin(const std::string& admin, Ask ask) {
  const auto address = fairlead::Address::parse(admin);
  if (address) return ask(*address);
  fmt::print(stderr, "fairlead: --admin {}: {}\n", admin, address.error());
  return kUsage;
}

// One command for each order to a backend: `fairlead backend drain POOL ADDRESS`.
void add_order(CLI::App& backend, BackendOrder& order, const std::string& verb,
               const std::string& help) {
  CLI::App* command = backend.add_subcommand(verb, help);
  command->add_option("POOL", order.pool, "The pool's name")->required();
  command->add_option("ADDRESS", order.backend, "The backend's address")->required();
  if (verb == "weight")
    command->add_option("VALUE", order.value, "0 to 1000, or `file`: as the file says")->required();
  command->fallthrough();  // --admin may stand behind it
  command->callback([&order, verb] { order.verb = verb; });
}

CLI::App* add_split(CLI::App& app, SplitOrder& order, std::string& admin) {
  CLI::App* command =
      app.add_subcommand("split", "Give a route's split other weights, without a reload");
  command->add_option("ROUTE", order.route, "The route's name, as in metrics")->required();
  command
      ->add_option("WEIGHTS", order.weights, "Such as stable=80 canary=20; or `file`: as it says")
      ->required();
  command->add_option("--listener", order.listener, "Of this listener alone");
  command->add_option("--admin", admin, "Its admin address")->capture_default_str();
  return command;
}

// CLI11's own codes vary; ours are 0 for help and 2 for wrong usage.
int usage_exit(const CLI::App& app, const CLI::ParseError& error) {
  return app.exit(error) == 0 ? kDone : kUsage;
}

CLI::App* add_explain(CLI::App& app, ExplainFlags& flags) {
  CLI::App* command = app.add_subcommand("explain", "Why a request goes where it goes");
  auto* config = command->add_option("-c,--config", flags.config,
                                     "A configuration file: as a fresh start would act");
  command->add_option("--admin", flags.admin, "Or a running instance: as it acts now")
      ->excludes(config);
  command
      ->add_option("request", flags.request,
                   "Such as 'GET https://shop.example/api/1', or tcp://:5432")
      ->required();
  command->add_option("-H,--header", flags.headers, "Such as 'cookie: group=canary'; repeatable")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--body", flags.body, "The body, or @FILE, for routes that look into it");
  command->add_option("--certificate-subject", flags.certificate_subject,
                      "Of the client's certificate, such as CN=alice,O=Example");
  command
      ->add_option("--certificate-san", flags.certificate_names,
                   "Another name in it, such as DNS:alice.example; repeatable")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--sni", flags.sni, "The name that it connects to (the host)");
  command->add_option("--client", flags.client, "The client's address (127.0.0.1) or ADDRESS:PORT");
  command->add_option("--listener", flags.listener, "The listener, where port and scheme say none");
  command->add_flag("--json", flags.json, "As JSON");
  return command;
}

void add_simulate_upsets(CLI::App* command, SimulateFlags& flags) {
  const auto add = [&](const char* name, std::vector<std::string>& texts, const char* help) {
    command->add_option(name, texts, help)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group("What happens in between");
  };
  add("--slow", flags.slow, "ADDRESS=10: it becomes ten times slower");
  add("--kill", flags.kill, "ADDRESS: it dies");
  add("--remove", flags.remove, "ADDRESS: it leaves the pool");
  add("--add", flags.add, "ADDRESS[=WEIGHT]: it joins the pool");
  command->add_option("--at", flags.at, "After how many percent of the requests")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str()
      ->group("What happens in between");
}

CLI::App* add_simulate(CLI::App& app, SimulateFlags& flags) {
  CLI::App* command = app.add_subcommand("simulate", "A pool under made-up load, for comparison");
  command->add_option("-c,--config", flags.config, "The configuration file")->required();
  command->add_option("--pool", flags.pool, "The pool; may be left out where there is one");
  command->add_option("--requests", flags.requests, "How many")
      ->check(CLI::Range(uint64_t{1}, uint64_t{100'000'000}))
      ->capture_default_str();
  command->add_option("--clients", flags.clients, "Of how many clients, each with its own key")
      ->check(CLI::Range(1u, 10'000'000u))
      ->capture_default_str();
  command
      ->add_option("--addresses", flags.addresses,
                   "Addresses that they come from; otherwise each from its own")
      ->check(CLI::Range(1u, 10'000'000u));
  command->add_option("--key", flags.key,
                      "What hashing algorithms go by, such as cookie:id; otherwise the pool's");
  CLI::Option* closed = command->add_flag("--closed", flags.closed,
                                          "Each client waits for its answer before it goes on");
  CLI::Option* rate = command->add_option("--rate", flags.rate,
                                          "Arrivals in a second, such as 600/s; otherwise --load");
  CLI::Option* load =
      command->add_option("--load", flags.load, "Arrivals as percent of what the pool can do")
          ->check(CLI::Range(1.0, 1000.0))
          ->capture_default_str();
  rate->excludes(load)->excludes(closed);
  load->excludes(closed);
  command
      ->add_option("--service-time", flags.service,
                   "exp:SPAN, const:SPAN or lognormal:SPAN[:SIGMA]")
      ->capture_default_str();
  command
      ->add_option("--concurrency", flags.concurrency,
                   "Requests that a backend works on at once, for each unit of weight")
      ->check(CLI::Range(1u, 100'000u))
      ->capture_default_str();
  command->add_option("--algorithm", flags.algorithms, "One or some of them; otherwise all")
      ->delimiter(',');
  command
      ->add_option("--access-log", flags.access_log, "A JSON access log: its arrivals and clients")
      ->excludes(closed)
      ->excludes(rate)
      ->excludes(load);
  command->add_option("--seed", flags.seed, "Of all chance")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_flag("--json", flags.json, "As JSON");
  add_simulate_upsets(command, flags);
  return command;
}

int explain_of(const ExplainFlags& flags) {
  if (!flags.config.empty() || !flags.admin.empty()) return explain(flags);
  fmt::print(stderr, "fairlead explain: give -c FILE, or --admin ADDRESS of a running instance\n");
  return kUsage;
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

  BackendOrder order;
  CLI::App* backend_command =
      app.add_subcommand("backend", "Give an order to a backend of a running instance");
  backend_command->add_option("--admin", admin, "Its admin address")->capture_default_str();
  backend_command->require_subcommand(1);
  add_order(*backend_command, order, "drain", "No new work; what runs ends, by drain_timeout");
  add_order(*backend_command, order, "disable", "The same, and no probes");
  add_order(*backend_command, order, "enable", "Work again, as far as its health allows");
  add_order(*backend_command, order, "weight", "Another weight than the file's");
  SplitOrder split;
  CLI::App* split_command = add_split(app, split, admin);
  CLI::App* reload_command =
      app.add_subcommand("reload", "Have a running instance read its file again");
  reload_command->add_option("--admin", admin, "Its admin address")->capture_default_str();
  ExplainFlags explain_flags;
  CLI::App* explain_command = add_explain(app, explain_flags);
  SimulateFlags simulate_flags;
  CLI::App* simulate_command = add_simulate(app, simulate_flags);

  CLI::App* cert_command = app.add_subcommand("cert", "Certificates");
  cert_command->require_subcommand(1);
  std::vector<std::string> cert_hosts;
  CLI::App* self_signed_command = cert_command->add_subcommand(
      "self-signed", "Write HOST.crt and HOST.key, for trying out TLS; nothing is overwritten");
  self_signed_command
      ->add_option("HOST", cert_hosts, "Host names and addresses that it is good for")
      ->required();

  CLI::App* schema_command =
      app.add_subcommand("schema", "Print the JSON Schema of the configuration file");
  CLI::App* version_command = app.add_subcommand("version", "Print the version");
  CLI::App* reference_command =
      app.add_subcommand("reference", "Print the reference page of the configuration");
  reference_command->group("");  // for `make docs`, not for users

  if (names_unknown_command(app, std::span(argv, static_cast<size_t>(argc)).subspan(1)))
    return kUsage;
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
  if (*status_command) return at_admin(admin, run_status);
  if (*reload_command) return at_admin(admin, run_reload);
  if (*backend_command) {
    return at_admin(admin, [&](const auto& address) { return run_backend_order(address, order); });
  }
  if (*split_command) {
    return at_admin(admin, [&](const auto& address) { return run_split_order(address, split); });
  }
  if (*explain_command) return explain_of(explain_flags);
  if (*simulate_command) return simulate(simulate_flags);
  if (*self_signed_command) return write_self_signed(cert_hosts);
  if (*schema_command) return tell(fairlead::core::json_schema());
  if (*reference_command) return tell(fairlead::core::reference_page());
  if (*version_command) return tell(fmt::format("fairlead {}\n", FAIRLEAD_VERSION));
  return kDone;
}

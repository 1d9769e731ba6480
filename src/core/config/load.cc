#include "core/config/load.h"

#include "core/config/include.h"
#include "core/config/options/sections.h"
#include "core/config/references.h"

namespace fairlead::core {
namespace {

constexpr std::string_view kCommandLine = "command line";

// What the command line says names no file.
const Outside kNothing;

std::optional<Config> interpret(const Node& tree, Notebook& notebook, const Outside& outside) {
  Reader reader(notebook, outside);
  Config config;
  read_section(file_section(), config, tree, reader);
  check_references(reader);
  if (notebook.has_errors()) return {};
  return config;
}

int length_of(std::string_view text) { return static_cast<int>(text.size()); }

// The backends of `--to`, each with its place on the line.
Node split_backends(std::string_view to, int column) {
  Node backends = list({}, {0, 1, column, length_of(to)});
  for (size_t at = 0; at <= to.size();) {
    const size_t end = std::min(to.find(',', at), to.size());
    const std::string_view one = to.substr(at, end - at);
    backends.items.push_back(
        scalar(std::string(one), {0, 1, column + static_cast<int>(at), length_of(one)}));
    at = end + 1;
  }
  return backends;
}

void forget_places(Config& config) {
  const Place nowhere{std::string(kCommandLine), 0, 0};
  config.admin_place = nowhere;
  for (ListenerConfig& listener : config.listeners) {
    listener.place = nowhere;
    for (RouteConfig& route : listener.routes) route.place = nowhere;
  }
  for (PoolConfig& pool : config.pools) {
    pool.place = nowhere;
    for (BackendConfig& backend : pool.backends) backend.place = nowhere;
  }
}

}  // namespace

LoadResult load(std::string_view path, const Outside& outside) {
  Notebook notebook;
  const Node tree = read_files(path, outside, notebook);
  std::optional<Config> config;
  if (tree.is_map()) config = interpret(tree, notebook, outside);
  return {std::move(config), notebook.take()};
}

std::expected<Config, Problems> config_from_flags(std::string_view listen, std::string_view to) {
  const std::string before = "--listen ";
  const std::string between = " --to ";
  Notebook notebook;
  notebook.add_source(std::string(kCommandLine),
                      before + std::string(listen) + between + std::string(to));
  const int listen_column = length_of(before) + 1;
  const int to_column = listen_column + length_of(listen) + length_of(between);
  Node listener =
      map_of("bind", scalar(std::string(listen), {0, 1, listen_column, length_of(listen)}));
  listener.set("pool", split_backends(to, to_column));
  const Node tree = map_of("listeners", map_of("main", std::move(listener)));
  auto config = interpret(tree, notebook, kNothing);
  if (!config) return std::unexpected(notebook.take());
  forget_places(*config);
  return std::move(*config);
}

Problems take_admin_flag(Config& config, std::string_view admin) {
  const std::string before = "--admin ";
  Notebook notebook;
  notebook.add_source(std::string(kCommandLine), before + std::string(admin));
  Reader reader(notebook, kNothing);
  auto step = reader.into("admin");
  std::optional<Address> said = Config{}.admin;
  const Spot spot{0, 1, length_of(before) + 1, length_of(admin)};
  read_section(admin_section(), said, scalar(std::string(admin), spot), reader);
  if (!notebook.has_errors()) {
    config.admin = said;
    config.admin_place = {"--admin", 0, 0};
  }
  return notebook.take();
}

}  // namespace fairlead::core

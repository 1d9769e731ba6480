#include "core/config/references.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/config/binds.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

// A suggestion costs a comparison with every name: enough for every file that a person reads.
constexpr size_t kMostCompared = 1000;
constexpr int kMostSuggestions = 100;

void check_pools(Reader& reader) {
  const Notes& notes = reader.notes();
  std::set<std::string> there;
  std::set<std::string> used;
  std::vector<std::string> names;
  for (const Notes::Named& pool : notes.pools) {
    there.insert(pool.name);
    names.push_back(pool.name);
  }
  names.resize(std::min(names.size(), kMostCompared));
  int suggestions = kMostSuggestions;
  for (const Notes::Named& use : notes.pool_uses) {
    used.insert(use.name);
    if (there.contains(use.name) || notes.pools_unread || reader.notebook().may_be_lost({use.name}))
      continue;
    std::string hint = suggestions-- > 0 ? did_you_mean(use.name, names) : "";
    if (hint.empty() && use.name.contains(':'))
      hint = fmt::format("a pool in place is a list: `pool: [{}]`", use.name);
    if (hint.empty()) hint = "name it under `pools`";
    while (hint.ends_with(' ')) hint.pop_back();
    reader.notebook().error(use.spot, fmt::format("there is no pool {}", ticked(use.name)), hint);
  }
  if (reader.notebook().has_errors()) return;  // whoever was to use it may be what is wrong
  for (const Notes::Named& pool : notes.pools) {
    if (used.contains(pool.name) || reader.notebook().may_be_lost({pool.name})) continue;
    reader.notebook().warning(
        pool.spot, fmt::format("pool {} is not used by any listener or route", ticked(pool.name)));
  }
}

// What keeps or reuses connections to backends is of no use where each client has its own.
void check_unused_settings(Reader& reader) {
  const Notes& notes = reader.notes();
  for (const Notes::HttpOnly& setting : notes.http_only) {
    if (!notes.tcp_pools.contains(setting.pool) || notes.http_pools.contains(setting.pool))
      continue;
    if (setting.key == "max_connections") {
      reader.notebook().error(
          setting.spot,
          fmt::format("`adaptive` means nothing in pool {}: only tcp listeners use it",
                      ticked(setting.pool)),
          "give a number: a tcp connection has no response whose time could be told");
      continue;
    }
    const bool sticky = setting.key == "sticky";
    reader.notebook().error(
        setting.spot,
        fmt::format("{} of pool {} means nothing: only tcp listeners use it", ticked(setting.key),
                    ticked(setting.pool)),
        sticky ? "a tcp connection has no cookies; keep clients by their address: `balance: { "
                 "maglev: client_ip }`"
               : "leave it out: a tcp connection to a backend is not used again");
  }
}

}  // namespace

void check_references(Reader& reader) {
  check_binds(reader);
  check_pools(reader);
  check_unused_settings(reader);
}

}  // namespace fairlead::core

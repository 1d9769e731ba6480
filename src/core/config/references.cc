#include "core/config/references.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

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
    if (there.contains(use.name) || reader.notebook().may_be_lost({use.name})) continue;
    std::string hint = suggestions-- > 0 ? did_you_mean(use.name, names) : "";
    if (hint.empty() && use.name.contains(':'))
      hint = fmt::format("a pool in place is a list: `pool: [{}]`", use.name);
    if (hint.empty()) hint = "name it under `pools`";
    while (hint.ends_with(' ')) hint.pop_back();
    reader.notebook().error(use.spot, fmt::format("there is no pool {}", ticked(use.name)), hint);
  }
  for (const Notes::Named& pool : notes.pools) {
    if (used.contains(pool.name) || reader.notebook().may_be_lost({pool.name})) continue;
    reader.notebook().warning(
        pool.spot, fmt::format("pool {} is not used by any listener or route", ticked(pool.name)));
  }
}

void check_binds(Reader& reader) {
  std::map<Address, const Notes::Bound*> seen;
  for (const Notes::Bound& bound : reader.notes().binds) {
    const bool any_port = !bound.address.is_unix() && bound.address.port() == 0;
    if (any_port) continue;
    // 0.0.0.0:80 is within :80.
    const bool everywhere = !bound.address.is_unix() && bound.address.ip().is_any();
    const Address key = everywhere ? Address(Ip(), bound.address.port()) : bound.address;
    auto [first, fresh] = seen.try_emplace(key, &bound);
    if (fresh) continue;
    const std::string_view owner = first->second->owner;
    reader.notebook()
        .error(bound.spot,
               fmt::format("{} binds {}, and so does {}", bound.owner, ticked(bound.address.text()),
                           owner == bound.owner ? "another line of it" : owner))
        .other = reader.notebook().place_of(first->second->spot);
  }
}

}  // namespace

void check_references(Reader& reader) {
  check_binds(reader);
  check_pools(reader);
}

}  // namespace fairlead::core

// balance: which algorithm chooses in a pool. The names are those of core/balance/list.inc.
#include <fmt/format.h>

#include "core/config/options/later.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

const std::vector<std::string> kAlgorithms = {
#define BALANCER(name) #name,
#include "core/balance/list.inc"
#undef BALANCER
};

Parsed<std::string> parse(std::string_view text) {
  if (is_later("balance", text))
    return wrong(fmt::format("{} is not in this version of fairlead yet", ticked(text)));
  auto index = find_word(text, kAlgorithms);
  if (!index) return std::unexpected(index.error());
  return kAlgorithms[*index];
}

// One key, the algorithm; its value holds settings, of which there are none yet.
void read_mapping(BalanceConfig& balance, const Node& node, const Type<std::string>& name,
                  Reader& reader) {
  if (node.entries.size() != 1) {
    reader.error(node, "`balance` names one algorithm", "for example `balance: least_connections`");
    return;
  }
  const Entry& entry = node.entries.front();
  name.read(balance.algorithm, entry.key, reader);
  const bool settings = !entry.value.null && !(entry.value.is_map() && entry.value.entries.empty());
  if (settings && find_word(entry.key.text, kAlgorithms)) {
    reader.error(entry.value, fmt::format("{} takes no settings", ticked(entry.key.text)),
                 fmt::format("write `balance: {}`", entry.key.text));
  }
}

}  // namespace

Type<BalanceConfig> balance_type() {
  Shape shape = choice_shape(kAlgorithms);
  Type<std::string> name =
      text_type<std::string>(shape, parse, [](const std::string& value) { return scalar(value); });
  auto read = [name](BalanceConfig& balance, const Node& node, Reader& reader) {
    if (node.is_map()) return read_mapping(balance, node, name, reader);
    name.read(balance.algorithm, node, reader);
  };
  Shape mapping{.kind = Shape::Kind::names, .words = "a mapping from an algorithm to its settings"};
  mapping.parts = {Shape{.kind = Shape::Kind::names, .words = "settings"}};
  Shape both{.kind = Shape::Kind::either, .words = shape.words, .parts = {shape, mapping}};
  return {both, read, [](const BalanceConfig& balance) { return scalar(balance.algorithm); }};
}

}  // namespace fairlead::core

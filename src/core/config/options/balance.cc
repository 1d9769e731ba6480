// balance: which algorithm chooses in a pool, and the settings of those that have any. The names
// are those of core/balance/list.inc; ip_hash has a key, but always the same one.
#include <fmt/format.h>

#include <algorithm>

#include "core/balance/balancer.h"
#include "core/config/options/later.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

const std::vector<std::string> kAlgorithms = {
#define BALANCER(name) #name,
#include "core/balance/list.inc"
};

// Those that take a key and settings.
const std::vector<std::string> kConsistent = {
#define BALANCER(name)
#define CONSISTENT_BALANCER(name) #name,
#include "core/balance/list.inc"
};

constexpr uint32_t kLargestTable = 5'000'011;  // 20 MB for each pool
constexpr uint32_t kMostNodes = 10'000;

bool is_consistent(std::string_view algorithm) { return contains(kConsistent, algorithm); }
bool takes_table(const BalanceConfig& balance) { return balance.algorithm == "maglev"; }
bool takes_nodes(const BalanceConfig& balance) { return balance.algorithm == "ring_hash"; }

// ---- keys -----------------------------------------------------------------------------

Parsed<KeySource> parse_source(std::string_view text, bool may_be_none) {
  std::vector<std::string> words = key_words();
  if (!may_be_none) std::erase(words, "none");
  const std::string word(text.substr(0, text.find(':')));
  if (is_later("key", word))
    return wrong(fmt::format("{} is not in this version of fairlead yet", ticked(word)));
  if (auto known = find_word(word, words); !known) return std::unexpected(known.error());
  auto source = parse_key_source(text);
  if (!source) return wrong(fmt::format("{} is no key: {}", ticked(text), source.error()));
  return *source;
}

}  // namespace

Type<KeySource> key_type(bool may_be_none) {
  Shape shape{.words =
                  fmt::format("a key: `client_ip`, `five_tuple`, `header:NAME`, "
                              "`cookie:NAME`, `query:NAME`, `path`, `path_segment:N`, `host`, "
                              "`sni`{}",
                              may_be_none ? ", `body:/POINTER` or `none`" : " or `body:/POINTER`")};
  return text_type<KeySource>(
      shape, [may_be_none](std::string_view text) { return parse_source(text, may_be_none); },
      [](const KeySource& source) { return scalar(text_of(source)); });
}

namespace {

Type<std::optional<KeySource>> main_key() {
  const Type<KeySource> one = key_type(false);
  auto read = [one](std::optional<KeySource>& key, const Node& node, Reader& reader) {
    KeySource source = key.value_or(KeySource{});
    one.read(source, node, reader);
    key = source;
  };
  return {one.shape, read,
          [one](const std::optional<KeySource>& key) { return key ? one.show(*key) : Node{}; }};
}

// ---- numbers --------------------------------------------------------------------------

bool is_prime(uint32_t number) {
  if (number < 2) return false;
  for (uint32_t i = 2; uint64_t{i} * i <= number; ++i) {
    if (number % i == 0) return false;
  }
  return true;
}

uint32_t nearest_prime(uint32_t number) {
  for (uint32_t step = 0;; ++step) {
    if (is_prime(number + step)) return number + step;
    if (step < number && is_prime(number - step)) return number - step;
  }
}

Type<uint32_t> table_size() {
  Type<uint32_t> type = whole_number(2, kLargestTable, "slots");
  type.shape.words = fmt::format("a prime number from 2 to {}", kLargestTable);
  return text_type<uint32_t>(
      type.shape,
      [](std::string_view text) -> Parsed<uint32_t> {
        auto size = parse_number(text, 2, kLargestTable);
        if (size && !is_prime(*size)) {
          return wrong(fmt::format("{} is not prime", ticked(text)),
                       fmt::format("did you mean `{}`?", nearest_prime(*size)));
        }
        return size;
      },
      type.show);
}

// A factor with at most two digits behind the point, in percent.
Parsed<uint32_t> parse_factor(std::string_view text) {
  const size_t point = text.find('.');
  std::string digits(text.substr(point == text.npos ? text.size() : point + 1));
  const bool whole = point == text.npos;
  const std::string_view front = text.substr(0, point);
  const auto are_digits = [](std::string_view some) {
    return !some.empty() && std::ranges::all_of(some, [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!are_digits(front) || front.size() > 3 || (!whole && !are_digits(digits)) ||
      digits.size() > 2)
    return wrong(fmt::format("{} is no factor", ticked(text)));
  digits.resize(2, '0');
  const uint32_t percent =
      static_cast<uint32_t>(std::stoul(std::string(front)) * 100 + std::stoul(digits));
  if (percent < 100)
    return wrong(fmt::format("{} is too small: not even an even share would fit", ticked(text)));
  if (percent > 1000) return wrong(fmt::format("{} is too large", ticked(text)));
  return percent;
}

Type<uint32_t> load_factor() {
  Shape shape{
      .words = "a factor from 1 to 10", .such_as = "`1.25`", .pattern = "^[0-9]+(\\.[0-9]{1,2})?$"};
  return text_type<uint32_t>(shape, parse_factor, [](const uint32_t& percent) {
    return percent == 0 ? Node{} : number(fmt::format("{}.{:02}", percent / 100, percent % 100));
  });
}

// ---- the settings ---------------------------------------------------------------------

const Section<BalanceConfig>& settings_section() {
  static const Section<BalanceConfig> section = {
      .name = "balance",
      .heading = "Balance settings",
      .help =
          "Of the algorithms that send the same key to the same backend: `ring_hash`, `maglev` "
          "and `rendezvous`.",
      .options =
          {{"key", &BalanceConfig::key, main_key(),
            "What requests are kept together by. An empty value is none.", "cookie:session_id"},
           {"fallback", &BalanceConfig::fallback, key_type(true),
            "The key of a request that has no such thing; `none`: any backend, by weight.", "none"},
           {"bounded_load", &BalanceConfig::bounded_load, load_factor(),
            "How many times its share of all running work a backend may have, by weight; what is "
            "beyond goes to the key's next backend.",
            "1.25"},
           Option<BalanceConfig>("table_size", &BalanceConfig::table_size, table_size(),
                                 "Of `maglev`: slots in the table, best a hundred or more for "
                                 "each backend. Instances must agree on it.",
                                 "65537")
               .shown_when(takes_table),
           Option<BalanceConfig>(
               "virtual_nodes", &BalanceConfig::virtual_nodes,
               whole_number(1, kMostNodes, "points"),
               "Of `ring_hash`: points on the ring for each unit of weight. Where all together "
               "would be more than 262144, everybody's are halved until they fit.",
               "150")
               .shown_when(takes_nodes)},
      .expand = [](const Node& node,
                   Reader&) { return node.is_scalar() ? map_of("key", node) : node; },
      .short_forms = {{key_type(false).shape, "balance: { maglev: cookie:session_id }",
                       "balance: { maglev: { key: cookie:session_id } }"}},
      .defaults = {.key = KeySource{}},
  };
  return section;
}

// Settings of another algorithm are known by name; whoever wrote them is told whose they are.
bool report_misplaced(const BalanceConfig& balance, const Node& settings, Reader& reader) {
  bool any = false;
  const auto misplaced = [&](std::string_view name, std::string_view owner) {
    if (balance.algorithm == owner) return;
    for (const Entry& entry : settings.entries) {
      if (entry.key.text != name) continue;
      any = true;
      reader.error(
          entry.key,
          fmt::format("`{}` is a setting of `{}`, not of `{}`", name, owner, balance.algorithm),
          "leave it out");
    }
  };
  misplaced("table_size", "maglev");
  misplaced("virtual_nodes", "ring_hash");
  return any;
}

void read_settings(BalanceConfig& balance, const Node& settings, Reader& reader) {
  const bool empty = settings.null || (settings.is_map() && settings.entries.empty());
  if (empty) return;
  if (!is_consistent(balance.algorithm)) {
    reader.error(settings, fmt::format("{} takes no settings", ticked(balance.algorithm)),
                 fmt::format("write `balance: {}`; `ring_hash`, `maglev` and `rendezvous` take a "
                             "key",
                             balance.algorithm));
    return;
  }
  if (!report_misplaced(balance, settings, reader))
    read_section(settings_section(), balance, settings, reader);
}

Parsed<std::string> parse(std::string_view text) {
  auto index = find_word(text, kAlgorithms);
  if (!index) return std::unexpected(index.error());
  return kAlgorithms[*index];
}

// What an algorithm has when nothing is said of it.
void set_algorithm(BalanceConfig& balance, const Node& node, const Type<std::string>& name,
                   Reader& reader) {
  BalanceConfig fresh;
  name.read(fresh.algorithm, node, reader);
  if (keeps_keys(fresh.algorithm)) fresh.key = KeySource{};
  balance = fresh;
}

// `{ maglev: header:x, bounded_load: 1.25 }`: where its first setting stands, and how it is
// written.
std::optional<std::pair<Node, std::string>> settings_beside(const Node& node) {
  const Entry* algorithm = nullptr;
  const Entry* setting = nullptr;
  for (const Entry& entry : node.entries) {
    if (is_consistent(entry.key.text) && algorithm == nullptr)
      algorithm = &entry;
    else if (!contains(names_of(settings_section()), entry.key.text))
      return {};
    else if (setting == nullptr)
      setting = &entry;
  }
  if (algorithm == nullptr || setting == nullptr) return {};
  Node inner = algorithm->value.is_map() ? algorithm->value : map();
  if (algorithm->value.is_scalar() && !algorithm->value.null) inner.set("key", algorithm->value);
  for (const Entry& entry : node.entries)
    if (&entry != algorithm) inner.set(entry.key.text, entry.value);
  // As it was written: what is no text needs no quotes.
  for (Entry& entry : inner.entries) entry.value.number = entry.value.plain;
  return std::pair(setting->key, fmt::format("write `balance: {}`",
                                             flow_text(map_of(algorithm->key.text, inner))));
}

// One key, the algorithm; its value holds the settings.
void read_mapping(BalanceConfig& balance, const Node& node, const Type<std::string>& name,
                  Reader& reader) {
  if (const auto meant = settings_beside(node)) {
    reader.error(meant->first, "settings stand within their algorithm", meant->second);
    return;
  }
  if (node.entries.size() != 1) {
    reader.error(node, "`balance` names one algorithm", "for example `balance: least_connections`");
    return;
  }
  const Entry& entry = node.entries.front();
  set_algorithm(balance, entry.key, name, reader);
  if (contains(kAlgorithms, entry.key.text)) read_settings(balance, entry.value, reader);
}

Node show(const BalanceConfig& balance) {
  if (!is_consistent(balance.algorithm)) return scalar(balance.algorithm);
  return map_of(balance.algorithm, show_section(settings_section(), balance));
}

}  // namespace

Type<BalanceConfig> balance_type() {
  Shape shape = choice_shape(kAlgorithms);
  Type<std::string> name =
      text_type<std::string>(shape, parse, [](const std::string& value) { return scalar(value); });
  auto read = [name](BalanceConfig& balance, const Node& node, Reader& reader) {
    if (node.is_map()) return read_mapping(balance, node, name, reader);
    set_algorithm(balance, node, name, reader);
  };
  Shape mapping{.kind = Shape::Kind::names, .words = "a mapping from an algorithm to its settings"};
  mapping.parts = {section_type<BalanceConfig, settings_section>().shape};
  Shape both{.kind = Shape::Kind::either,
             .words = shape.words + ", or a mapping from one of them to its settings",
             .parts = {shape, mapping}};
  return {both, read, show};
}

}  // namespace fairlead::core

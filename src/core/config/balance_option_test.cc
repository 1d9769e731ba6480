// Every way to write `balance`, and what it means.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/config/dump.h"
#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

std::optional<Config> config_with(std::string_view balance, std::string_view more = "") {
  const LoadResult result =
      load_text(std::string(kWeb) + "pools: { app: { balance: " + std::string(balance) +
                ", backends: [127.0.0.1:9001] } }\n" + std::string(more));
  EXPECT_TRUE(result.config.has_value()) << render(result.problems);
  if (!result.config) return {};
  return *result.config;
}

BalanceConfig read(std::string_view balance) {
  const auto config = config_with(balance);
  return config ? config->pools.at(0).balance : BalanceConfig{};
}

TEST(BalanceOption, AHashHasTheClientsAddressAsItsKeyUnlessItIsSaid) {
  for (const char* name : {"ip_hash", "ring_hash", "maglev", "rendezvous"}) {
    const BalanceConfig balance = read(name);
    EXPECT_EQ(balance.algorithm, name);
    EXPECT_EQ(balance.key, KeySource{}) << name;
  }
  EXPECT_EQ(read("least_time").key, std::nullopt);
}

TEST(BalanceOption, AKeyAloneStandsForTheSettings) {
  const BalanceConfig balance = read("{ maglev: cookie:session_id }");
  EXPECT_EQ(balance.algorithm, "maglev");
  EXPECT_EQ(balance.key, (KeySource{KeyPart::cookie, "session_id"}));
  EXPECT_EQ(balance.fallback, KeySource{});
  EXPECT_EQ(balance, read("{ maglev: { key: cookie:session_id } }"));
}

TEST(BalanceOption, AllSettings) {
  const BalanceConfig balance = read(
      "{ maglev: { key: header:X-User, fallback: none, bounded_load: 1.25, table_size: 1009 } }");
  EXPECT_EQ(balance.key, (KeySource{KeyPart::header, "x-user"}));
  EXPECT_EQ(balance.fallback.part, KeyPart::none);
  EXPECT_EQ(balance.bounded_load, 125u);
  EXPECT_EQ(balance.table_size, 1009u);
  EXPECT_EQ(read("{ ring_hash: { virtual_nodes: 40, bounded_load: 2 } }").virtual_nodes, 40u);
  EXPECT_EQ(read("{ ring_hash: { virtual_nodes: 40, bounded_load: 2 } }").bounded_load, 200u);
  EXPECT_EQ(read("{ rendezvous: { bounded_load: 1.5 } }").bounded_load, 150u);
}

TEST(BalanceOption, SettingsBesideTheirAlgorithmAreToldWhereTheyBelong) {
  for (const char* value : {"header:x", "{ key: header:x }"}) {
    const LoadResult result =
        load_text(fmt::format("listeners: {{ web: {{ bind: 80, pool: app }} }}\n"
                              "pools: {{ app: {{ balance: {{ maglev: {}, bounded_load: 1.25 }}, "
                              "backends: [127.0.0.1:1] }} }}\n",
                              value));
    ASSERT_EQ(result.problems.size(), 1u) << render(result.problems);
    EXPECT_EQ(result.problems[0].message, "settings stand within their algorithm");
    EXPECT_EQ(result.problems[0].hint,
              "write `balance: { maglev: { key: header:x, bounded_load: 1.25 } }`");
  }
}

TEST(BalanceOption, IsDumpedAsItCanBeReadAgain) {
  const auto config =
      config_with("{ ring_hash: { key: query:id, bounded_load: 1.05, fallback: path } }");
  ASSERT_TRUE(config);
  const LoadResult again = load_text(dump_yaml(*config));
  ASSERT_TRUE(again.config.has_value()) << render(again.problems) << dump_yaml(*config);
  EXPECT_EQ(again.config->pools[0].balance, config->pools[0].balance);
}

TEST(BalanceOption, EmptySettingsAreNone) {
  EXPECT_EQ(read("{ maglev: {} }"), read("maglev"));
  EXPECT_EQ(read("{ random: {} }"), read("random"));
}

TEST(BalanceOption, ZonesAndSubsetsKnowWhereTheInstanceStands) {
  const auto config = config_with("maglev, subset: 3", "zone: eu-1a\ninstance: 7\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->pools[0].subset, 3u);
  EXPECT_EQ(config->pools[0].here.zone, "eu-1a");
  EXPECT_EQ(config->pools[0].here.instance, 7u);
}

TEST(BalanceOption, ABackendHasAZoneAPriorityAndMayBeABackup) {
  const LoadResult result = load_text(
      std::string(kWeb) +
      "pools: { app: [{ address: 127.0.0.1:1, zone: eu-1a, priority: 2, backup: true }] }\n");
  ASSERT_TRUE(result.config.has_value()) << render(result.problems);
  const BackendConfig& backend = result.config->pools[0].backends[0];
  EXPECT_EQ(backend.zone, "eu-1a");
  EXPECT_EQ(backend.priority, 2u);
  EXPECT_TRUE(backend.backup);
}

}  // namespace
}  // namespace fairlead::core

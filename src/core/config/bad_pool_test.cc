// Wrong files, each told with its line, column, message and hint: pools, health and backends.
#include <gtest/gtest.h>

#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

constexpr BadFile kFiles[] = {
    {"EmptyPool", "pools: { app: [] }\n", 1, 15, "pool `app` has no backends",
     "for example `backends: [127.0.0.1:9001, 127.0.0.1:9002]`"},
    {"PoolWithoutBackends", "pools: { app: { balance: random } }\n", 1, 15,
     "pool `app` has no backends", "for example `backends: [127.0.0.1:9001, 127.0.0.1:9002]`"},
    {"UnknownPoolKey", "pools:\n  app:\n    helth: /health\n    backends: [127.0.0.1:1]\n", 3, 5,
     "unknown key `helth` in pool `app`",
     "did you mean `health`? known keys here: backends, balance, connect_timeout, health, "
     "idle_connections, idle_timeout and when_none_healthy"},
    {"HyphenForUnderscore",
     "pools:\n  app:\n    connect-timeout: 1s\n    backends: [127.0.0.1:1]\n", 3, 5,
     "unknown key `connect-timeout` in pool `app`",
     "did you mean `connect_timeout`? known keys here: backends, balance, connect_timeout, health, "
     "idle_connections, idle_timeout and when_none_healthy"},
    {"BackendTwice", "pools: { app: [127.0.0.1:1, 127.0.0.1:2, 127.0.0.1:1] }\n", 1, 42,
     "`127.0.0.1:1` stands twice in pool `app`", "for a larger share, give it a `weight`"},
    {"BackendIp", "pools: { app: [300.1.2.3:80] }\n", 1, 16,
     "`address`: `300.1.2.3:80` is not an address: an IPv4 address has four numbers from 0 to 255, "
     "without leading zeros",
     "allowed: an address: `10.0.0.1:8080`, `[2001:db8::1]:8080` or `unix:/path`"},
    {"BackendName", "pools: { app: [app.internal:80] }\n", 1, 16,
     "`address`: `app.internal:80` is not an address: it must be an IP address: host names are not "
     "resolved here",
     "allowed: an address: `10.0.0.1:8080`, `[2001:db8::1]:8080` or `unix:/path`"},
    {"BackendWithoutPort", "pools: { app: [10.0.0.1] }\n", 1, 16,
     "`address`: `10.0.0.1` is not an address: the port is missing: host:port",
     "allowed: an address: `10.0.0.1:8080`, `[2001:db8::1]:8080` or `unix:/path`"},
    {"BackendPortZero", "pools: { app: [\"10.0.0.1:0\"] }\n", 1, 17,
     "`address`: `10.0.0.1:0` has port 0, which nothing can be reached at",
     "allowed: an address: `10.0.0.1:8080`, `[2001:db8::1]:8080` or `unix:/path`"},
    {"BackendEveryInterface", "pools: { app: [\":9001\"] }\n", 1, 17,
     "`address`: `:9001` names no host to connect to",
     "did you mean `127.0.0.1:9001`? allowed: an address: `10.0.0.1:8080`, `[2001:db8::1]:8080` or "
     "`unix:/path`"},
    {"BackendScheme", "pools: { app: [\"http://127.0.0.1:9001\"] }\n", 1, 17,
     "`address`: `http://127.0.0.1:9001` is not an address: an IPv6 address goes in brackets: "
     "[::1]:80",
     "write `127.0.0.1:9001`, without a scheme; allowed: an address: `10.0.0.1:8080`, "
     "`[2001:db8::1]:8080` or `unix:/path`"},
    {"BackendWeight", "pools: { app: { backends: { 127.0.0.1:1: 1001 } } }\n", 1, 42,
     "`weight`: `1001` is too large", "allowed: a whole number from 0 to 1000"},
    {"BackendWithoutAddress", "pools: { app: { backends: [{ weight: 5 }] } }\n", 1, 28,
     "a backend of pool `app` has no `address`",
     "for example `{ address: 10.0.0.1:8080, weight: 5 }`"},
    {"BackendDnsLater", "pools: { app: { backends: [{ dns: \"api:80\" }] } }\n", 1, 30,
     "`dns` in pool `app` is not in this version of fairlead yet", "leave it out for now"},
    {"BackendNothing", "pools: { app: { backends: [127.0.0.1:1, ~] } }\n", 1, 41,
     "`address` has no value", "for example `address: 10.0.0.1:8080`"},
    {"BalanceUnknown", "pools: { app: { balance: least_conections, backends: [127.0.0.1:1] } }\n",
     1, 26, "`balance`: `least_conections` is not known",
     "did you mean `least_connections`? allowed: `round_robin`, `random`, `least_connections` or "
     "`power_of_two`"},
    {"BalanceLater", "pools: { app: { balance: maglev, backends: [127.0.0.1:1] } }\n", 1, 26,
     "`balance`: `maglev` is not in this version of fairlead yet",
     "allowed: `round_robin`, `random`, `least_connections` or `power_of_two`"},
    {"BalanceSettings", "pools: { app: { balance: { random: 1 }, backends: [127.0.0.1:1] } }\n", 1,
     36, "`random` takes no settings", "write `balance: random`"},
    {"HealthPath", "pools: { app: { health: health, backends: [127.0.0.1:1] } }\n", 1, 25,
     "`http`: `health` is not a path",
     "did you mean `/health`? allowed: a path, such as `/health`"},
    {"HealthUrl",
     "pools: { app: { health: \"http://127.0.0.1/health\", backends: [127.0.0.1:1] } }\n", 1, 26,
     "`http`: `http://127.0.0.1/health` is not a path",
     "the backend's address is known; write the path alone; allowed: a path, such as `/health`"},
    {"HealthNo", "pools: { app: { health: no, backends: [127.0.0.1:1] } }\n", 1, 25,
     "`health`: `no` is false to some YAML readers and a word to others", "write `off`"},
    {"HealthBothKinds",
     "pools: { app: { health: { http: /, tcp: {} }, backends: [127.0.0.1:1] } }\n", 1, 41,
     "a pool has one kind of probe, and this one has `http` and `tcp`", "keep one of them"},
    {"HealthExpectOfTcp", "pools: { app: { health: { expect: 200 }, backends: [127.0.0.1:1] } }\n",
     1, 35, "`expect` is for probes over HTTP, and this one only connects",
     "add `http: /health`, or leave it out"},
    {"HealthExpectBackwards",
     "pools: { app: { health: { http: /, expect: [399-200] }, backends: [127.0.0.1:1] } }\n", 1, 45,
     "`expect`: `399-200` runs backwards",
     "did you mean `200-399`? allowed: a status or a range, such as `200` or `200-399`"},
    {"HealthExpectNoStatus",
     "pools: { app: { health: { http: /, expect: [2xx] }, backends: [127.0.0.1:1] } }\n", 1, 45,
     "`expect`: `2xx` is not a status or a range of them",
     "allowed: a status or a range, such as `200` or `200-399`"},
    {"HealthInterval",
     "pools: { app: { health: { http: /, interval: 10 }, backends: [127.0.0.1:1] } }\n", 1, 46,
     "`interval`: `10` has no unit",
     "did you mean `10s`? allowed: a duration from 10ms to 1d, such as `500ms`, `10s`, `5m`, `1h` "
     "or `1d`"},
    {"HealthThreshold",
     "pools: { app: { health: { http: /, healthy_threshold: 0 }, backends: [127.0.0.1:1] } }\n", 1,
     55, "`healthy_threshold`: `0` is too small",
     "allowed: a whole number of probes from 1 to 100"},
    {"PassiveLater", "pools: { app: { passive: off, backends: [127.0.0.1:1] } }\n", 1, 17,
     "`passive` in pool `app` is not in this version of fairlead yet", "leave it out for now"},
    {"WhenNoneHealthy", "pools: { app: { when_none_healthy: use-al, backends: [127.0.0.1:1] } }\n",
     1, 36, "`when_none_healthy`: `use-al` is not known",
     "did you mean `use_all`? allowed: `reject` or `use_all`"},
};

class BadPoolTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadPoolTest, TellsWhatIsWrongAndWhatToDo) { expect_told(GetParam(), kWeb); }

INSTANTIATE_TEST_SUITE_P(All, BadPoolTest, testing::ValuesIn(kFiles), name_of_file);

}  // namespace
}  // namespace fairlead::core

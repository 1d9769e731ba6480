// Wrong files, each told with its line, column, message and hint: pools, health and backends.
#include <gtest/gtest.h>

#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

constexpr BadFile kFiles[] = {
    {"PercentWithoutSign",
     "pools: { app: { passive: { max_ejected: 30 }, backends: [127.0.0.1:1] } }\n", 1, 41,
     "`max_ejected`: `30` is no percentage",
     "did you mean `30%`? allowed: a percentage from 0% to 100%"},
    {"PercentAboveAll",
     "pools: { app: { passive: { max_ejected: 101% }, backends: [127.0.0.1:1] } }\n", 1, 41,
     "`max_ejected`: `101%` is too large", "allowed: a percentage from 0% to 100%"},
    {"PercentInParts",
     "pools: { app: { passive: { max_ejected: 2.5% }, backends: [127.0.0.1:1] } }\n", 1, 41,
     "`max_ejected`: `2.5%` is no whole percentage", "allowed: a percentage from 0% to 100%"},
    {"DegradeAboveEject",
     "pools: { app: { passive: { error_rate: { degrade: 60% } }, backends: [127.0.0.1:1] } }\n", 1,
     51, "`degrade` is 60% and `eject` is 50%: nobody could be degraded",
     "choose a `degrade` below `eject`"},
    {"EjectBelowDegrade",
     "pools: { app: { passive: { error_rate: { eject: 5% } }, backends: [127.0.0.1:1] } }\n", 1, 49,
     "`degrade` is 10% and `eject` is 5%: nobody could be degraded",
     "choose a `degrade` below `eject`"},
    {"OutlierFactor", "pools: { app: { passive: { outlier: 0.4 }, backends: [127.0.0.1:1] } }\n", 1,
     37, "`factor`: `0.4` is too small", "allowed: a number from 0.5 to 10"},
    {"OutlierWord", "pools: { app: { passive: { outlier: far }, backends: [127.0.0.1:1] } }\n", 1,
     37, "`factor`: `far` is not a number with at most one decimal place",
     "allowed: a number from 0.5 to 10"},
    {"SlowStartBare", "pools: { app: { slow_start: 30, backends: [127.0.0.1:1] } }\n", 1, 29,
     "`slow_start`: `30` has no unit",
     "did you mean `30s`? allowed: a duration from 0s to 1h, such as `500ms`, `10s`, `5m` or `1h`"},
    {"EmptyPool", "pools: { app: [] }\n", 1, 15, "pool `app` has no backends",
     "for example `backends: [127.0.0.1:9001, 127.0.0.1:9002]`"},
    {"PoolWithoutBackends", "pools: { app: { balance: random } }\n", 1, 15,
     "pool `app` has no backends", "for example `backends: [127.0.0.1:9001, 127.0.0.1:9002]`"},
    {"UnknownPoolKey", "pools:\n  app:\n    helth: /health\n    backends: [127.0.0.1:1]\n", 3, 5,
     "unknown key `helth` in pool `app`",
     "did you mean `health`? known keys here: backends, balance, connect_timeout, drain_timeout, "
     "health, "
     "idle_connections, idle_timeout, max_connections, passive, protocol, queue, slow_start, "
     "sticky, "
     "subset, tls and "
     "when_none_healthy"},
    {"HyphenForUnderscore",
     "pools:\n  app:\n    connect-timeout: 1s\n    backends: [127.0.0.1:1]\n", 3, 5,
     "unknown key `connect-timeout` in pool `app`",
     "did you mean `connect_timeout`? known keys here: backends, balance, connect_timeout, "
     "drain_timeout, health, "
     "idle_connections, idle_timeout, max_connections, passive, protocol, queue, slow_start, "
     "sticky, "
     "subset, tls and "
     "when_none_healthy"},
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
     "`address`: `http://127.0.0.1:9001` is not an address: it has a scheme",
     "write `127.0.0.1:9001`; allowed: an address: `10.0.0.1:8080`, "
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
     "did you mean `least_connections`? allowed: `round_robin`, `random`, `least_connections`, "
     "`power_of_two`, `least_time`, `peak_ewma`, `ip_hash`, `ring_hash`, `maglev` or `rendezvous`"},
    {"BalanceKeyLater",
     "pools: { app: { balance: { maglev: \"jwt:/sub\" }, backends: [127.0.0.1:1] } }\n", 1, 37,
     "`key`: `jwt` is not in this version of fairlead yet",
     "allowed: a key: `client_ip`, `five_tuple`, `header:NAME`, `cookie:NAME`, `query:NAME`, "
     "`path`, `path_segment:N`, `host`, `sni` or `body:/POINTER`"},
    {"BalanceKeyUnknown",
     "pools: { app: { balance: { maglev: cokie:a }, backends: [127.0.0.1:1] } }\n", 1, 36,
     "`key`: `cokie` is not known",
     "did you mean `cookie`? allowed: a key: `client_ip`, `five_tuple`, `header:NAME`, "
     "`cookie:NAME`, `query:NAME`, `path`, `path_segment:N`, `host`, `sni` or `body:/POINTER`"},
    {"BalanceKeyPointer",
     "pools: { app: { balance: { maglev: \"body:room\" }, backends: [127.0.0.1:1] } }\n", 1, 37,
     "`key`: `body:room` is no key: behind the colon stands a JSON pointer, such as `/room/id`",
     "allowed: a key: `client_ip`, `five_tuple`, `header:NAME`, `cookie:NAME`, `query:NAME`, "
     "`path`, `path_segment:N`, `host`, `sni` or `body:/POINTER`"},
    {"BalanceKeySegment",
     "pools: { app: { balance: { maglev: \"path_segment:0\" }, backends: [127.0.0.1:1] } }\n", 1,
     37, "`key`: `path_segment:0` is no key: behind the colon stands a number from 1 to 32",
     "allowed: a key: `client_ip`, `five_tuple`, `header:NAME`, `cookie:NAME`, `query:NAME`, "
     "`path`, `path_segment:N`, `host`, `sni` or `body:/POINTER`"},
    {"BalanceKeyWithoutName",
     "pools: { app: { balance: { maglev: { key: cookie } }, backends: [127.0.0.1:1] } }\n", 1, 43,
     "`key`: `cookie` is no key: it needs a name behind a colon",
     "allowed: a key: `client_ip`, `five_tuple`, `header:NAME`, `cookie:NAME`, `query:NAME`, "
     "`path`, `path_segment:N`, `host`, `sni` or `body:/POINTER`"},
    {"BalanceTableNotPrime",
     "pools: { app: { balance: { maglev: { table_size: 65536 } }, backends: [127.0.0.1:1] } }\n", 1,
     50, "`table_size`: `65536` is not prime",
     "did you mean `65537`? allowed: a prime number from 2 to 5000011"},
    {"BalanceTableTooSmall",
     "pools: { app: { balance: { maglev: { table_size: 2 } }, backends: [127.0.0.1:1, 127.0.0.1:2, "
     "127.0.0.1:3] } }\n",
     1, 26, "a table of 2 slots is too small for 3 backends",
     "give it a hundred slots for each backend"},
    {"BalanceSettingOfAnother",
     "pools: { app: { balance: { ring_hash: { table_size: 7 } }, backends: [127.0.0.1:1] } }\n", 1,
     41, "`table_size` is a setting of `maglev`, not of `ring_hash`", "leave it out"},
    {"BalanceSettingUnknown",
     "pools: { app: { balance: { maglev: { bounded_lod: 2 } }, backends: [127.0.0.1:1] } }\n", 1,
     38, "unknown key `bounded_lod` in `balance` of pool `app`",
     "did you mean `bounded_load`? known keys here: bounded_load, fallback, key, table_size and "
     "virtual_nodes"},
    {"BalanceBoundTooSmall",
     "pools: { app: { balance: { maglev: { bounded_load: 0.9 } }, backends: [127.0.0.1:1] } }\n", 1,
     52, "`bounded_load`: `0.9` is too small: not even an even share would fit",
     "allowed: a factor from 1 to 10, such as `1.25`"},
    {"BalanceBoundNoNumber",
     "pools: { app: { balance: { maglev: { bounded_load: 125% } }, backends: [127.0.0.1:1] } }\n",
     1, 52, "`bounded_load`: `125%` is no factor",
     "allowed: a factor from 1 to 10, such as `1.25`"},
    {"BalanceIpHashKey",
     "pools: { app: { balance: { ip_hash: cookie:a }, backends: [127.0.0.1:1] } }\n", 1, 37,
     "`ip_hash` takes no settings",
     "write `balance: ip_hash`; `ring_hash`, `maglev` and `rendezvous` take a key"},
    {"SubsetWithoutInstance", "pools: { app: { subset: 2, backends: [127.0.0.1:1] } }\n", 1, 25,
     "`subset` of pool `app` needs to know which instance this is",
     "say `instance: 0` at the top of the file, another number on each instance, for example from "
     "the environment: `instance: ${INSTANCE}`"},
    {"BackendBackup", "pools: { app: [{ address: 127.0.0.1:1, backup: yes }] }\n", 1, 48,
     "`backup`: `yes` is not known", "allowed: `true` or `false`"},
    {"BalanceSettings", "pools: { app: { balance: { random: 1 }, backends: [127.0.0.1:1] } }\n", 1,
     36, "`random` takes no settings",
     "write `balance: random`; `ring_hash`, `maglev` and `rendezvous` take a key"},
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
    {"SendProxyLater", "pools: { app: { proxy_protocol: v2, backends: [127.0.0.1:1] } }\n", 1, 17,
     "`proxy_protocol` in pool `app` is not in this version of fairlead yet",
     "leave it out for now"},
    {"WhenNoneHealthy", "pools: { app: { when_none_healthy: use-al, backends: [127.0.0.1:1] } }\n",
     1, 36, "`when_none_healthy`: `use-al` is not known",
     "did you mean `use_all`? allowed: `reject` or `use_all`"},
};

class BadPoolTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadPoolTest, TellsWhatIsWrongAndWhatToDo) { expect_told(GetParam(), kWeb); }

INSTANTIATE_TEST_SUITE_P(All, BadPoolTest, testing::ValuesIn(kFiles), name_of_file);

}  // namespace
}  // namespace fairlead::core

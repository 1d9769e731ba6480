// Wrong files, each told with its line, column, message and hint: the top of the file, YAML's
// traps, variables.
#include <gtest/gtest.h>

#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

constexpr BadFile kFiles[] = {
    {"UnknownTopKey", "worker: 4\n", 1, 1, "unknown key `worker`",
     "did you mean `workers`? known keys here: access_log, admin, drain_timeout, include, "
     "instance, listeners, pools, shed, sticky_secret, trusted_proxies, workers and zone"},
    {"UnknownKeyFarFromAll", "zzzzzzzzz: 4\n", 1, 1, "unknown key `zzzzzzzzz`",
     "known keys here: access_log, admin, drain_timeout, include, instance, listeners, pools, "
     "shed, sticky_secret, trusted_proxies, workers and zone"},
    {"WorkersZero", "workers: 0\n", 1, 10, "`workers`: `0` is too small",
     "allowed: a whole number of threads from 1 to 1024"},
    {"WorkersTooMany", "workers: 1025\n", 1, 10, "`workers`: `1025` is too large",
     "allowed: a whole number of threads from 1 to 1024"},
    {"WorkersOctal", "workers: 010\n", 1, 10,
     "`workers`: `010` is octal to some YAML readers and decimal to others",
     "write `10` without the zero in front; allowed: a whole number of threads from 1 to 1024"},
    {"WorkersMarkedOctal", "workers: 0o10\n", 1, 10,
     "`workers`: `0o10` is octal to some YAML readers and decimal to others",
     "write `10` without the zero in front; allowed: a whole number of threads from 1 to 1024"},
    {"WorkersSexagesimal", "workers: 1:30\n", 1, 10,
     "`workers`: `1:30` is a number of base 60 to some YAML readers",
     "write one number with its unit, such as `90s`; allowed: a whole number of threads from 1 to "
     "1024"},
    {"WorkersNoNumber", "workers: many\n", 1, 10, "`workers`: `many` is no whole number",
     "allowed: a whole number of threads from 1 to 1024"},
    {"WorkersFraction", "workers: 1.5\n", 1, 10, "`workers`: `1.5` is no whole number",
     "allowed: a whole number of threads from 1 to 1024"},
    {"WorkersNegative", "workers: -1\n", 1, 10, "`workers`: `-1` is no whole number",
     "allowed: a whole number of threads from 1 to 1024"},
    {"WorkersAList", "workers: [1]\n", 1, 10,
     "`workers` must be a whole number of threads from 1 to 1024, not a list", ""},
    {"WorkersEmpty", "workers:\n", 1, 1, "`workers` has no value", "for example `workers: 4`"},
    {"AdminNo", "admin: no\n", 1, 8,
     "`admin`: `no` is false to some YAML readers and a word to others", "write `off`"},
    {"AdminOn", "admin: on\n", 1, 8,
     "`admin`: `on` is true to some YAML readers and a word to others",
     "leave the line out for what it is by itself, or give its settings"},
    {"AdminBadPort", "admin: 127.0.0.1:99999\n", 1, 8,
     "`bind`: `127.0.0.1:99999` is not an address: the port must be a number from 0 to 65535",
     "allowed: an address: `host:port`, `[::1]:80`, `:8080` or `unix:/path`"},
    {"AdminBarePort", "admin: 9900\n", 1, 8,
     "`bind`: `9900` is not an address: the port is missing: host:port",
     "did you mean `:9900`? allowed: an address: `host:port`, `[::1]:80`, `:8080` or `unix:/path`"},
    {"AdminUnknownKey", "admin: { bnid: 127.0.0.1:9900 }\n", 1, 10, "unknown key `bnid` in `admin`",
     "did you mean `bind`? known keys here: bind"},
    {"AccessLogFormat", "access_log: { format: jsn }\n", 1, 23, "`format`: `jsn` is not known",
     "did you mean `json`? allowed: `json` or `text`"},
    {"AccessLogTarget", "access_log: { to: stdot }\n", 1, 19, "`to`: `stdot` is not known",
     "did you mean `stdout`? allowed: `stdout`, `stderr` or a path"},
    {"TrustedProxiesHostBits", "trusted_proxies: [10.0.0.1/8]\n", 1, 19,
     "`trusted_proxies`: `10.0.0.1/8` is not a network: it has bits set behind its prefix; meant "
     "is 10.0.0.0/8 or 10.0.0.1",
     "allowed: a network or one address: `10.0.0.0/8`, `2001:db8::/32` or `192.0.2.1`"},
    {"TrustedProxiesPrefix", "trusted_proxies: [10.0.0.0/33]\n", 1, 19,
     "`trusted_proxies`: `10.0.0.0/33` is not a network: the prefix length must be a number from 0 "
     "to 32",
     "allowed: a network or one address: `10.0.0.0/8`, `2001:db8::/32` or `192.0.2.1`"},
    {"TrustedProxiesName", "trusted_proxies: proxy.internal\n", 1, 18,
     "`trusted_proxies`: `proxy.internal` is not a network: it must be an IP address: host names "
     "are not resolved here",
     "allowed: a network or one address: `10.0.0.0/8`, `2001:db8::/32` or `192.0.2.1`"},
    {"DrainWithoutUnit", "drain_timeout: 30\n", 1, 16, "`drain_timeout`: `30` has no unit",
     "did you mean `30s`? allowed: a duration from 0s to 1h, such as `500ms`, `10s`, `5m` or `1h`"},
    {"DrainTooLong", "drain_timeout: 2h\n", 1, 16, "`drain_timeout`: `2h` is too long",
     "allowed: a duration from 0s to 1h, such as `500ms`, `10s`, `5m` or `1h`"},
    {"DrainSexagesimal", "drain_timeout: 1:30\n", 1, 16,
     "`drain_timeout`: `1:30` is a number of base 60 to some YAML readers",
     "write one number with its unit, such as `90s`; allowed: a duration from 0s to 1h, such as "
     "`500ms`, `10s`, `5m` or `1h`"},
    {"DrainWordUnit", "drain_timeout: 30sec\n", 1, 16,
     "`drain_timeout`: `30sec` has an unknown unit",
     "did you mean `30s`? allowed: a duration from 0s to 1h, such as `500ms`, `10s`, `5m` or `1h`"},
    {"DrainSpace", "drain_timeout: \"30 s\"\n", 1, 17,
     "`drain_timeout`: `30 s` has a space before its unit",
     "write `30s`; allowed: a duration from 0s to 1h, such as `500ms`, `10s`, `5m` or `1h`"},
    {"DrainFraction", "drain_timeout: 1.5s\n", 1, 16, "`drain_timeout`: `1.5s` has an unknown unit",
     "allowed: a duration from 0s to 1h, such as `500ms`, `10s`, `5m` or `1h`"},
    {"AdminForEverybody", "admin: :9900\n", 1, 8,
     "whoever reaches `:9900` can read the whole configuration, the addresses of the backends and "
     "all numbers, and can reload: nobody is asked for a password",
     "listen on `127.0.0.1:9900` or `unix:/path`, or let a firewall decide who reaches it"},
    {"TabIndent", "admin:\n	bind: 127.0.0.1:9900\n", 2, 1, "a tab cannot indent in YAML",
     "indent with spaces, two for each level"},
    {"DuplicateKey", "workers: 2\nworkers: 4\n", 2, 1, "`workers` stands twice in one mapping",
     "YAML readers differ in which one they take; keep one of them"},
    {"AtSign", "access_log: @file\n", 1, 13, "a value cannot begin with `@` without quotes",
     "write \"@file\""},
    {"UnclosedQuote", "access_log: \"stdout\n", 1, 13, "the quote that opens here is never closed",
     ""},
    {"Alias", "workers: &n 2\ndrain_timeout: *n\n", 2, 17,
     "without quotes, YAML reads `*n` as an alias",
     "write \"*n\" for this text; aliases themselves are not supported"},
    {"MergeKey", "admin: { <<: {}, bind: 127.0.0.1:9900 }\n", 1, 10, "merge keys are not supported",
     "write out the keys where they are meant"},
    {"Tag", "workers: !int 4\n", 1, 15, "tags (`!name`) are not supported",
     "write a text that begins with `!` in quotes"},
    {"ListAsKey", "? [a, b]\n: c\n", 1, 3, "a key must be a word, not a list", ""},
    {"TooDeep",
     "workers: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
     1, 41, "this is nested deeper than 32 levels", ""},
    {"VariableNotSet", "workers: ${WORKERS}\n", 1, 10,
     "the environment variable `WORKERS` is not set",
     "set it, or give a default: `${WORKERS:-value}`"},
    {"VariableNotClosed", "workers: ${WORKERS\n", 1, 10, "`${` has no closing `}`",
     "write `$$` for a `$` itself"},
    {"VariableBadName", "workers: ${2}\n", 1, 10, "`2` is not the name of an environment variable",
     "write `${NAME}` or `${NAME:-default}`, and `$$` for a `$` itself"},
    {"IncludeMissing", "include: nowhere.yaml\n", 1, 10, "cannot read `nowhere.yaml`: no such file",
     "paths are relative to the file that includes them"},
    {"IncludeAMapping", "include: { a: b }\n", 1, 10, "`include` takes paths, not a mapping",
     "for example `include: [conf.d/*.yaml]`"},
};

class BadFileTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadFileTest, TellsWhatIsWrongAndWhatToDo) {
  expect_told(GetParam(), std::string(kWeb) + kApp);
}

INSTANTIATE_TEST_SUITE_P(All, BadFileTest, testing::ValuesIn(kFiles), name_of_file);

// No second complaint that only follows from the first.
constexpr BadFile kWholeFiles[] = {
    {"TabAtOnce", "listeners:\n\tweb:\n\t\tbind: 80\n\t\tpool: app\npools:\n  app: [127.0.0.1:1]\n",
     2, 1, "a tab cannot indent in YAML", "indent with spaces, two for each level"},
    {"TabBelowAName", "listeners:\n  web:\n\t  bind: 80\n    pool: app\npools:\n", 3, 1,
     "a tab cannot indent in YAML", "indent with spaces, two for each level"},
    {"JsonWithoutItsEnd", "{\"listeners\": {\"web\": {\"bind\": 80}}\n", 2, 1,
     "this is not YAML: missing comma in flow mapping",
     "the `{` opened at line 1, column 1 may lack its `}`"},
    {"KeyWithoutColon", "listeners:\n  web\n    bind: 80\n    pool: app\n", 2, 3,
     "a colon must follow a key", "write `web:`"},
    {"KeyWithoutColonAtTheTop", "listeners\n  web: x\n", 1, 1, "a colon must follow a key",
     "write `listeners:`"},
    {"BetweenTwoLevels",
     "listeners:\n  web:\n    bind: 80\n   pool: app\npools:\n  app: [127.0.0.1:1]\n", 4, 4,
     "this line is indented like none of those that it could belong to",
     "keys of one mapping begin in the same column"},
    {"PoolsAsAList", "listeners:\n  web: { bind: 80, pool: app }\npools:\n  - app: [127.0.0.1:1]\n",
     4, 3, "`pools` must be a mapping from names to pools, not a list", ""},
    {"NoTextInAValue", "listeners: \x01\x02\x02\npools: { app: [127.0.0.1:1] }\n", 1, 12,
     "the control character 0x01 may not stand in YAML", "in double quotes, write it as an escape"},
    {"PoolsTwice",
     "pools: { a: [127.0.0.1:1] }\npools: { b: [127.0.0.1:2] }\n"
     "listeners: { web: { bind: 80, pool: b } }\n",
     2, 1, "`pools` stands twice in one mapping",
     "YAML readers differ in which one they take; keep one of them"},
    {"AMergeKeyMayHaveHeldAnything",
     "listeners:\n  a: &a { bind: 80, pool: [127.0.0.1:1] }\n  b: { <<: *a }\n", 3, 8,
     "merge keys are not supported", "write out the keys where they are meant"},
    {"PoolWithoutValue", "listeners:\n  web:\n    bind: 80\n    pool:\n", 4, 5,
     "`pool` has no value", "for example `pool: app`"},
    {"SettingsBesideTheirName",
     "listeners: { web: { bind: 80, pool: app } }\npools:\n app:\n backends: [127.0.0.1:1]\n", 3, 2,
     "pool `app` has no settings", "they stand below it, indented further than it"},
    {"EmptyFile", "", 1, 1, "the file is empty", "the smallest one has `listeners` and `pools`"},
    {"OnlyAComment", "# nothing\n", 1, 1, "the file is empty",
     "the smallest one has `listeners` and `pools`"},
    {"AListAtTheTop", "- a\n- b\n", 1, 1, "the file must be a mapping, not a list",
     "it begins with `listeners:` or another key"},
    {"NoListeners", "pools: {}\n", 1, 1, "there are no listeners: nothing would be served",
     "for example `listeners: { web: { bind: \":8080\", pool: app } }`"},
    {"UnclosedList", "listeners:\n  web: { bind: [80, 81, pool: app }\n", 2, 35,
     "this is not YAML: mismatched flow mapping end",
     "the `[` opened at line 2, column 16 may lack its `]`"},
    {"TwoDocuments",
     "listeners: { web: { bind: 80, pool: app } }\npools: { app: [127.0.0.1:9001] }\n---\nworkers: "
     "2\n",
     3, 1, "a file holds one document; a second begins here", "use `include` for more files"},
};

class BadWholeFileTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadWholeFileTest, TellsWhatIsWrongAndWhatToDo) { expect_told(GetParam(), ""); }

INSTANTIATE_TEST_SUITE_P(All, BadWholeFileTest, testing::ValuesIn(kWholeFiles), name_of_file);

}  // namespace
}  // namespace fairlead::core

// Splits, sticky sessions and their secrets in the file: what they mean, and what is wrong with
// them.
#include <gtest/gtest.h>

#include "core/config/dump.h"
#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

constexpr const char* kListener = "listeners: { web: { bind: 80, pool: app } }\n";

Config config_of(const std::string& text) {
  LoadResult result = load_text(text);
  EXPECT_TRUE(result.problems.empty()) << render(result.problems);
  return result.config ? std::move(*result.config) : Config{};
}

StickyConfig sticky_of(const std::string& said) {
  return config_of(fmt::format("{}pools: {{ app: {{ sticky: {}, backends: [127.0.0.1:1] }} }}\n",
                               kListener, said))
      .pools.at(0)
      .sticky;
}

RouteConfig route_of(const std::string& said) {
  return config_of(fmt::format("listeners: {{ web: {{ bind: 80, routes: [{{ {} }}] }} }}\n"
                               "pools: {{ stable: [127.0.0.1:1], canary: [127.0.0.1:2] }}\n",
                               said))
      .listeners.at(0)
      .routes.at(0);
}

// ---- pools ----------------------------------------------------------------------------

TEST(Sticky, IsOffUnlessItIsSaid) {
  EXPECT_FALSE(config_of(std::string(kListener) + kApp).pools.at(0).sticky.on());
  EXPECT_FALSE(sticky_of("off").on());
}

TEST(Sticky, AloneIsTheNameOfTheCookie) {
  const StickyConfig sticky = sticky_of("srv");
  EXPECT_EQ(sticky, sticky_of("{ cookie: srv }"));
  EXPECT_EQ(sticky.kind, StickyConfig::Kind::cookie);
  EXPECT_EQ(sticky.cookie.name, "srv");
  EXPECT_EQ(sticky.cookie.ttl, 24h);
  EXPECT_TRUE(sticky.finish_on_drain);
}

TEST(Sticky, HasEverySetting) {
  const StickyConfig sticky = sticky_of(
      "{ cookie: SERVERID, ttl: 8h, path: /app, domain: shop.example, same_site: strict, secure: "
      "always, on_drain: move }");
  EXPECT_EQ(sticky.cookie.ttl, 8h);
  EXPECT_EQ(sticky.cookie.path, "/app");
  EXPECT_EQ(sticky.cookie.domain, "shop.example");
  EXPECT_EQ(sticky.cookie.same_site, CookieConfig::SameSite::strict);
  EXPECT_EQ(sticky.cookie.secure, CookieConfig::Secure::always);
  EXPECT_FALSE(sticky.finish_on_drain);
}

TEST(Sticky, LearnsForAnHourUnlessItIsSaid) {
  const StickyConfig sticky = sticky_of("{ learn: JSESSIONID }");
  EXPECT_EQ(sticky.kind, StickyConfig::Kind::learn);
  EXPECT_EQ(sticky.cookie.name, "JSESSIONID");
  EXPECT_EQ(sticky.cookie.ttl, 1h);
  EXPECT_EQ(sticky.size, 100'000u);
  const StickyConfig more = sticky_of("{ learn: sid, ttl: 2h, size: 5000 }");
  EXPECT_EQ(more.cookie.ttl, 2h);
  EXPECT_EQ(more.size, 5000u);
}

// ---- splits ---------------------------------------------------------------------------

TEST(Split, HasPoolsWithWeights) {
  const RouteConfig route = route_of("split: { stable: 90, canary: 10 }");
  const auto& split = std::get<ToSplit>(route.action);
  EXPECT_EQ(split.parts, (std::vector<ToSplit::Part>{{"stable", 90}, {"canary", 10}}));
  EXPECT_FALSE(route.side.key);
}

TEST(Split, KeepsAClientByItsAddressWhenItIsSticky) {
  const SideConfig side = route_of("split: { stable: 9, canary: 0 }, sticky: true").side;
  EXPECT_EQ(side.key, (KeySource{KeyPart::client_ip}));
  EXPECT_FALSE(side.cookie);
  EXPECT_FALSE(route_of("split: { stable: 9, canary: 1 }, sticky: off").side.key);
  EXPECT_FALSE(route_of("split: { stable: 9, canary: 1 }, sticky: false").side.key);
}

TEST(Split, KeepsAClientByAnyKey) {
  const SideConfig side =
      route_of("split: { stable: 9, canary: 1 }, sticky: \"cookie:session_id\"").side;
  EXPECT_EQ(side.key, (KeySource{KeyPart::cookie, "session_id"}));
  EXPECT_EQ(side.fallback, (KeySource{KeyPart::client_ip}));
  const SideConfig none =
      route_of(
          "split: { stable: 9, canary: 1 }, sticky: { key: \"header:x-user\", fallback: none }")
          .side;
  EXPECT_EQ(none.fallback, (KeySource{KeyPart::none}));
}

TEST(Split, KeepsAClientByACookieOfItsOwn) {
  const SideConfig side =
      route_of("split: { stable: 9, canary: 1 }, sticky: { cookie: side, ttl: 7d }").side;
  ASSERT_TRUE(side.cookie);
  EXPECT_EQ(side.cookie->name, "side");
  EXPECT_EQ(side.cookie->ttl, 24h * 7);
  EXPECT_EQ(side.key, (KeySource{KeyPart::cookie, "side"}));
  EXPECT_EQ(side.fallback, (KeySource{KeyPart::none}));
}

// ---- secrets --------------------------------------------------------------------------

TEST(StickySecret, IsATextOrSeveralOrAFile) {
  const TestFiles files{
      .files = {{"fairlead.yaml", std::string(kListener) + kApp +
                                      "sticky_secret: [\"${SECRET}\", { file: old.secret }]\n"},
                {"old.secret", "an older secret of ours\n"}},
      .environment = {{"SECRET", "0123456789abcdef"}}};
  const LoadResult result = load("fairlead.yaml", files.outside());
  ASSERT_TRUE(result.config) << render(result.problems);
  EXPECT_EQ(result.config->sticky_secrets,
            (std::vector<SecretConfig>{{"0123456789abcdef", ""},
                                       {"an older secret of ours", "old.secret"}}));
  // The file's content stays where it is.
  EXPECT_FALSE(dump_yaml(*result.config).contains("an older secret"));
}

// ---- the dump -------------------------------------------------------------------------

TEST(Sticky, TheDumpMeansTheSame) {
  for (const char* sticky :
       {"off", "srv", "{ learn: sid, size: 2000 }",
        "{ cookie: a, same_site: none, secure: always, on_drain: move, domain: a.example }"}) {
    for (const char* side : {"off", "true", "\"header:x-a\"", "{ cookie: side, path: /a }"}) {
      const Config config = config_of(fmt::format(
          "listeners: {{ web: {{ bind: 80, routes: [{{ match: /a, split: {{ app: 1, b: 0 }}, "
          "sticky: {} }}], pool: app }} }}\n"
          "pools: {{ app: {{ sticky: {}, backends: [127.0.0.1:1] }}, b: [127.0.0.1:2] }}\n"
          "sticky_secret: 0123456789abcdef\n",
          std::string_view(side) == "off" && std::string_view(sticky) != "off" ? "true" : side,
          sticky));
      const LoadResult again = load_text(dump_yaml(config));
      ASSERT_TRUE(again.config) << dump_yaml(config) << render(again.problems);
      EXPECT_EQ(dump_yaml(*again.config), dump_yaml(config));
      EXPECT_EQ(again.config->pools.at(0).sticky, config.pools.at(0).sticky);
      EXPECT_EQ(again.config->listeners.at(0).routes.at(0).side.key,
                config.listeners.at(0).routes.at(0).side.key);
      EXPECT_EQ(again.config->listeners.at(0).routes.at(0).side.cookie,
                config.listeners.at(0).routes.at(0).side.cookie);
    }
  }
}

// ---- what is wrong --------------------------------------------------------------------

constexpr BadFile kBadPools[] = {
    {"NoCookie", "pools: { app: { sticky: { ttl: 1d }, backends: [127.0.0.1:1] } }\n", 1, 25,
     "`sticky` of pool `app` names no cookie",
     "for example `sticky: { cookie: SERVERID, ttl: 1d }`"},
    {"True", "pools: { app: { sticky: true, backends: [127.0.0.1:1] } }\n", 1, 25,
     "`sticky` of pool `app` names no cookie",
     "for example `sticky: { cookie: SERVERID, ttl: 1d }`"},
    {"CookieAndLearn",
     "pools: { app: { sticky: { cookie: a, learn: b }, backends: [127.0.0.1:1] } }\n", 1, 45,
     "`sticky` of pool `app` has `cookie` and `learn`",
     "either Fairlead sets a cookie, or it learns the application's"},
    {"NoName", "pools: { app: { sticky: \"a b\", backends: [127.0.0.1:1] } }\n", 1, 26,
     "`cookie`: `a b` cannot name a cookie",
     "allowed: a cookie's name: letters, digits, `-`, `_` and the like, at most 64"},
    {"NotTrue", "pools: { app: { sticky: { cookie: true }, backends: [127.0.0.1:1] } }\n", 1, 35,
     "`cookie`: `true` is taken for a cookie's name",
     "say which cookie: `SERVERID`; allowed: a cookie's name: letters, digits, `-`, `_` and the "
     "like, at most 64"},
    {"TtlTooShort", "pools: { app: { sticky: { cookie: a, ttl: 5s }, backends: [127.0.0.1:1] } }\n",
     1, 43, "`ttl`: `5s` is too short",
     "allowed: a duration from 1m to 400d, such as `5m`, `1h` or `1d`"},
    {"PathWithoutSlash",
     "pools: { app: { sticky: { cookie: a, path: app }, backends: [127.0.0.1:1] } }\n", 1, 44,
     "`path`: `app` is not a path that begins with `/`", "allowed: a path that begins with `/`"},
    {"PathWithSemicolon",
     "pools: { app: { sticky: { cookie: a, path: \"/;x\" }, backends: [127.0.0.1:1] } }\n", 1, 45,
     "`path`: `/;x` is not a path that begins with `/`", "allowed: a path that begins with `/`"},
    {"DomainWithPort",
     "pools: { app: { sticky: { cookie: a, domain: \"a:80\" }, backends: [127.0.0.1:1] } }\n", 1,
     47, "`domain`: `a:80` is not a host name", "allowed: a host name"},
    {"SameSite",
     "pools: { app: { sticky: { cookie: a, same_site: laxx }, backends: [127.0.0.1:1] } }\n", 1, 49,
     "`same_site`: `laxx` is not known", "did you mean `lax`? allowed: `lax`, `strict` or `none`"},
    {"NoneAndNotSecure",
     "pools: { app: { sticky: { cookie: a, same_site: none, secure: never }, backends: "
     "[127.0.0.1:1] } }\n",
     1, 63, "browsers refuse a cookie of `same_site: none` that is not secure",
     "leave `secure` out, or say `same_site: lax`"},
    {"HostPrefix", "pools: { app: { sticky: __Host-srv, backends: [127.0.0.1:1] } }\n", 1, 25,
     "browsers take `__Host-srv` over https alone",
     "add `secure: always`, or give it another name"},
    {"HostPrefixWithPath",
     "pools: { app: { sticky: { cookie: __Host-a, secure: always, path: /a }, backends: "
     "[127.0.0.1:1] } }\n",
     1, 35, "browsers refuse `__Host-a` with a `domain`, or a `path` other than `/`",
     "leave them out, or give it another name"},
    {"SizeOfACookie",
     "pools: { app: { sticky: { cookie: a, size: 5000 }, backends: [127.0.0.1:1] } }\n", 1, 44,
     "`size` means nothing with `cookie`", "nothing is remembered here: the client has it all"},
    {"PathOfALearned",
     "pools: { app: { sticky: { learn: a, path: /a }, backends: [127.0.0.1:1] } }\n", 1, 43,
     "`path` means nothing with `learn`", "the application sets its cookie as it likes"},
    {"OnDrain",
     "pools: { app: { sticky: { cookie: a, on_drain: stay }, backends: [127.0.0.1:1] } }\n", 1, 48,
     "`on_drain`: `stay` is not known", "allowed: `finish` or `move`"},
};

class BadStickyTest : public testing::TestWithParam<BadFile> {};
TEST_P(BadStickyTest, TellsWhatIsWrongAndWhatToDo) { expect_told(GetParam(), kListener); }
INSTANTIATE_TEST_SUITE_P(All, BadStickyTest, testing::ValuesIn(kBadPools), name_of_file);

constexpr BadFile kBadSecrets[] = {
    {"ShortSecret", "sticky_secret: 0123456789\n", 1, 16,
     "a secret of 10 characters can be guessed",
     "take 16 or more, such as `openssl rand -base64 32` gives"},
    {"NoSuchFile", "sticky_secret: { file: a.secret }\n", 1, 24,
     "cannot read `a.secret`: no such file",
     "paths are relative to the file that names them; the user that runs fairlead must be able to "
     "read it"},
    {"SecretKey", "sticky_secret: { fil: a.secret }\n", 1, 18,
     "unknown key `fil` in `sticky_secret`", "did you mean `file`? known keys here: file"},
    {"TooManySecrets", "sticky_secret: [a, a, a, a, a, a, a, a, a]\n", 1, 16,
     "9 secrets are too many",
     "at most 8: the one that acts, and old ones until their cookies have expired"},
};

class BadSecretTest : public testing::TestWithParam<BadFile> {};
TEST_P(BadSecretTest, TellsWhatIsWrongAndWhatToDo) {
  expect_told(GetParam(), std::string(kListener) + kApp);
}
INSTANTIATE_TEST_SUITE_P(All, BadSecretTest, testing::ValuesIn(kBadSecrets), name_of_file);

constexpr BadFile kBadSplits[] = {
    {"SplitUnknownPool",
     "listeners: { web: { bind: 80, routes: [{ split: { app: 1, ap: 1 } }] } }\n", 1, 59,
     "there is no pool `ap`", "did you mean `app`?"},
    {"SplitPercent", "listeners: { web: { bind: 80, routes: [{ split: { app: 90% } }] } }\n", 1, 56,
     "`app`: `90%` has a unit",
     "weights are parts of their sum: write `90`; allowed: a whole number from 0 to 100000"},
    {"SplitNegative", "listeners: { web: { bind: 80, routes: [{ split: { app: -1 } }] } }\n", 1, 56,
     "`app`: `-1` is no whole number", "allowed: a whole number from 0 to 100000"},
    {"SplitWithoutWeight", "listeners: { web: { bind: 80, routes: [{ split: { app: 0 } }] } }\n", 1,
     49, "nobody in `split` has any weight", "give one of them 1 or more"},
    {"SplitOfNobody", "listeners: { web: { bind: 80, routes: [{ split: {} }] } }\n", 1, 49,
     "`split` names no pool", "for example `split: { stable: 90, canary: 10 }`"},
    {"SplitAsList", "listeners: { web: { bind: 80, routes: [{ split: [app] }] } }\n", 1, 49,
     "`split` must be a mapping from pools to weights, not a list",
     "for example `split: { stable: 90, canary: 10 }`"},
    {"SplitAndPool",
     "listeners: { web: { bind: 80, routes: [{ split: { app: 1 }, pool: app }] } }\n", 1, 40,
     "route 1 of listener `web` has `pool` and `split`", "a route does one of them"},
    {"SideWithoutSplit",
     "listeners: { web: { bind: 80, routes: [{ pool: app, sticky: true }] } }\n", 1, 61,
     "`sticky` of route 1 of listener `web` means nothing without `split`",
     "to keep clients at a backend, say it of the pool: `sticky: { cookie: SERVERID }`"},
    {"SideKey",
     "listeners: { web: { bind: 80, routes: [{ split: { app: 1 }, sticky: cooky }] } }\n", 1, 69,
     "`key`: `cooky` is not known",
     "did you mean `cookie`? allowed: a key: `client_ip`, `five_tuple`, `header:NAME`, "
     "`cookie:NAME`, `query:NAME`, `path`, `path_segment:N`, `host`, `sni` or "
     "`body:/POINTER`"},
    {"SideKeyAndCookie",
     "listeners: { web: { bind: 80, routes: [{ split: { app: 1 }, sticky: { key: client_ip, "
     "cookie: a } }] } }\n",
     1, 76, "`sticky` of route 1 of listener `web` has `cookie` and `key`",
     "either Fairlead sets a cookie, or it goes by what is there"},
    {"SideTtlOfAKey",
     "listeners: { web: { bind: 80, routes: [{ split: { app: 1 }, sticky: { key: client_ip, ttl: "
     "1d } }] } }\n",
     1, 92, "`ttl` means nothing without `cookie`",
     "it is of the cookie that Fairlead sets: `sticky: { cookie: side }`"},
    {"SplitOfTcp", "listeners: { db: { bind: \"tcp://:80\", routes: [{ split: { app: 1 } }] } }\n",
     1, 57, "`split` means nothing in a route of a tcp listener",
     "write `pool: NAME`, or set `protocol: http`"},
};

class BadSplitTest : public testing::TestWithParam<BadFile> {};
TEST_P(BadSplitTest, TellsWhatIsWrongAndWhatToDo) { expect_told(GetParam(), kApp); }
INSTANTIATE_TEST_SUITE_P(All, BadSplitTest, testing::ValuesIn(kBadSplits), name_of_file);

// ---- what needs the whole file --------------------------------------------------------

constexpr BadFile kBadTogether[] = {
    {"StickyTcp",
     "listeners: { db: { bind: \"tcp://:80\", pool: app } }\n"
     "pools: { app: { sticky: srv, backends: [127.0.0.1:1] } }\n",
     2, 25, "`sticky` of pool `app` means nothing: only tcp listeners use it",
     "a tcp connection has no cookies; keep clients by their address: `balance: { maglev: "
     "client_ip }`"},
    {"SameCookie",
     "listeners: { web: { bind: 80, routes: [{ match: /a, pool: a }], pool: b } }\n"
     "pools: { a: { sticky: srv, backends: [127.0.0.1:1] }, b: { sticky: srv, backends: "
     "[127.0.0.1:2] } }\n",
     2, 68,
     "pools `a` and `b` set the same cookie `srv` in listener `web`: each would replace the "
     "other's",
     "give each a cookie of its own"},
    {"StickyPoolsByChance",
     "listeners: { web: { bind: 80, routes: [{ split: { a: 1, b: 1 } }] } }\n"
     "pools: { a: { sticky: srv, backends: [127.0.0.1:1] }, b: [127.0.0.1:2] }\n",
     1, 49, "clients change sides at every request of route `web/1`, and their pools are sticky",
     "keep them there as well: add `sticky: true` to the route"},
};

class BadTogetherTest : public testing::TestWithParam<BadFile> {};
TEST_P(BadTogetherTest, TellsWhatIsWrongAndWhatToDo) { expect_told(GetParam(), ""); }
INSTANTIATE_TEST_SUITE_P(All, BadTogetherTest, testing::ValuesIn(kBadTogether), name_of_file);

}  // namespace
}  // namespace fairlead::core

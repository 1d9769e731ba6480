// `tls` of a pool and of its probes: what it means, and what is said where it is wrong.
#include <gtest/gtest.h>

#include "core/config/dump.h"
#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

constexpr WallTime kNow{std::chrono::days(20000)};  // 2024-10-04

struct World {
  bool has_authorities = true;
  std::string backends = "[10.0.0.1:443]";
};

LoadResult load_pool(const std::string& pool, const World& world = {}) {
  TestFiles files{{{"a.crt", "a 90"},
                   {"old.crt", "a -5"},
                   {"a.key", "a"},
                   {"b.key", "b"},
                   {"ca.pem", "authorities"},
                   {"old.pem", "old"},
                   {"none.pem", ""}}};
  files.files["fairlead.yaml"] = "pools: { app: { " + pool + ", backends: " + world.backends +
                                 " } }\nlisteners: { web: { bind: 80, pool: app } }\n";
  Outside outside = files.outside();
  outside.inspect_certificate =
      [](std::string_view certificate,
         std::string_view key) -> std::expected<CertificateFacts, CertificateFault> {
    if (!certificate.starts_with(key))
      return std::unexpected(
          CertificateFault{CertificateFault::In::key, "it does not fit", "swap it"});
    const int days = std::stoi(std::string(certificate.substr(2)));
    return CertificateFacts{.names = {"a"},
                            .subject = "CN=a",
                            .key = "EC P-256",
                            .begins = kNow - 24h,
                            .expires = kNow + std::chrono::days(days) + 1h};
  };
  outside.inspect_authorities =
      [](std::string_view text) -> std::expected<WallTime, CertificateFault> {
    if (text == "authorities") return kNow + 24h;
    if (text == "old") return kNow - 24h;
    return std::unexpected(CertificateFault{CertificateFault::In::certificate,
                                            "it holds no certificate in PEM", "mend it"});
  };
  outside.has_authorities = world.has_authorities;
  outside.now = kNow;
  return load("fairlead.yaml", outside);
}

const PoolConfig& pool_of(const LoadResult& result) { return result.config->pools[0]; }

TEST(BackendTls, IsOffUntilItIsSaid) {
  for (const char* said : {"weight: 1", "tls: off", "tls: false"}) {
    const LoadResult result = load_pool(std::string(said) == "weight: 1" ? "subset: 0" : said);
    ASSERT_TRUE(result.config) << render(result.problems);
    EXPECT_FALSE(pool_of(result).tls);
    EXPECT_FALSE(pool_of(result).health.tls);
  }
}

TEST(BackendTls, TrueIsTheSystemsAuthoritiesAndVerified) {
  for (const char* said : {"tls: true", "tls: {}", "tls: { verify: true, min_version: 1.2 }"}) {
    const LoadResult result = load_pool(said);
    ASSERT_TRUE(result.config) << render(result.problems);
    EXPECT_TRUE(result.problems.empty()) << render(result.problems);
    EXPECT_EQ(*pool_of(result).tls, BackendTlsConfig());
  }
}

TEST(BackendTls, IsReadAndShown) {
  const LoadResult result = load_pool(
      "tls: { ca: ca.pem, server_name: API.internal, cert: a.crt, key: a.key, min_version: 1.3 }");
  ASSERT_TRUE(result.config) << render(result.problems);
  const BackendTlsConfig& tls = *pool_of(result).tls;
  EXPECT_EQ(tls.ca_text, "authorities");
  EXPECT_EQ(tls.server_name, "api.internal");
  EXPECT_EQ(tls.certificate.cert_text, "a 90");
  EXPECT_EQ(tls.certificate.key_text, "a");
  EXPECT_EQ(tls.min_version, TlsVersion::v1_3);
  const std::string dump = dump_yaml(*result.config);
  for (const char* line : {"ca: ca.pem", "server_name: api.internal", "cert: a.crt", "key: a.key"})
    EXPECT_TRUE(dump.contains(line)) << dump;
  EXPECT_FALSE(dump.contains("a 90")) << dump;
  EXPECT_FALSE(dump.contains("authorities")) << dump;
}

TEST(BackendTls, ProbesSpeakAsTheTrafficUnlessTheySayOtherwise) {
  const LoadResult same = load_pool("tls: { ca: ca.pem }, health: /health");
  ASSERT_TRUE(same.config) << render(same.problems);
  EXPECT_EQ(pool_of(same).health.tls, pool_of(same).tls);
  const LoadResult off = load_pool("tls: { ca: ca.pem }, health: { http: /health, tls: off }");
  ASSERT_TRUE(off.config) << render(off.problems);
  EXPECT_FALSE(pool_of(off).health.tls);
  EXPECT_TRUE(dump_yaml(*off.config).contains("tls: off")) << dump_yaml(*off.config);
  const LoadResult own = load_pool("health: { http: /health, tls: { server_name: status } }");
  ASSERT_TRUE(own.config) << render(own.problems);
  EXPECT_FALSE(pool_of(own).tls);
  EXPECT_EQ(pool_of(own).health.tls->server_name, "status");
}

struct Told {
  const char* pool;
  const char* message;
  const char* hint;
  World world = {};
};

class BackendTlsTold : public testing::TestWithParam<Told> {};

TEST_P(BackendTlsTold, Once) {
  const LoadResult result = load_pool(GetParam().pool, GetParam().world);
  ASSERT_EQ(result.problems.size(), 1u) << render(result.problems);
  EXPECT_EQ(result.problems[0].message, GetParam().message);
  EXPECT_EQ(result.problems[0].hint, GetParam().hint);
  EXPECT_EQ(result.problems[0].place.line, 1);
  EXPECT_EQ(result.config.has_value(), result.problems[0].severity == Severity::warning);
}

INSTANTIATE_TEST_SUITE_P(
    All, BackendTlsTold,
    testing::Values(
        Told{"tls: { ca: nowhere.pem }", "cannot read `nowhere.pem`: no such file",
             "paths are relative to the file that names them; the user that runs fairlead must be "
             "able to read it"},
        Told{"tls: { ca: none.pem }", "`none.pem` cannot be used: it holds no certificate in PEM",
             "mend it"},
        Told{"tls: { ca: old.pem }",
             "`old.pem` has expired, on 2024-10-03: nobody that it signed is believed",
             "put a new one in its place, and send SIGHUP"},
        Told{"tls: { cert: a.crt, key: b.key }",
             "the key `b.key` cannot be used: it does not fit; the certificate is `a.crt`",
             "swap it"},
        Told{"tls: { cert: old.crt, key: a.key }",
             "`old.crt` expired on 2024-09-29: backends "
             "refuse it",
             "put a new one in its place, and send SIGHUP"},
        Told{"tls: { cert: a.crt }", "`tls` of pool `app` has no `key`",
             "what is shown to backends is both: `cert: client.crt, key: client.key`"},
        Told{"tls: { key: a.key }", "`tls` of pool `app` has no `cert`",
             "what is shown to backends is both: `cert: client.crt, key: client.key`"},
        Told{"tls: { verify: false }",
             "whoever answers for a backend of pool `app` is believed: its certificate is not "
             "verified",
             "name who signs them: `ca: ca.pem`"},
        Told{"tls: { verify: false, ca: ca.pem }", "`ca` means nothing with `verify: false`",
             "leave one of them out; `verify` had better be the one"},
        Told{"tls: true",
             "this system has no CAs of its own: no certificate of pool `app` will be believed",
             "name who signs them, `ca: ca.pem`; or install the package `ca-certificates`",
             {.has_authorities = false}},
        Told{"tls: true",
             "no certificate bears the name of `unix:/run/a.sock`",
             "say which name it must bear: `server_name: api.internal`",
             {.backends = "[unix:/run/a.sock]"}},
        Told{"health: { tls: true }",
             "no certificate bears the name of `unix:/run/a.sock`",
             "say which name it must bear: `server_name: api.internal`",
             {.backends = "[unix:/run/a.sock]"}},
        Told{"tls: { server_name: \"https://api\" }",
             "`server_name`: `https://api` is not a host name",
             "the name alone, such as `api.internal`; allowed: a host name or an IP address"},
        Told{"tls: { server_name: \"*.internal\" }",
             "`server_name`: `*.internal` names no one server",
             "the name that is asked for; a certificate for `*.internal` is good for it; allowed: "
             "a host name or an IP address"},
        Told{"tls: { server_name: \"api:443\" }", "`server_name`: `api:443` is not a host name",
             "without a port; allowed: a host name or an IP address"},
        Told{"tls: on", "`tls`: `on` is true to some YAML readers and a word to others",
             "leave the line out for what it is by itself, or give its settings"},
        Told{"tls: api.internal", "`tls` of pool `app` must be a mapping, not `api.internal`",
             "known keys here: ca, cert, key, min_version, server_name and verify"},
        Told{"tls: { insecure: true }", "unknown key `insecure` in `tls` of pool `app`",
             "known keys here: ca, cert, key, min_version, server_name and verify"}));

}  // namespace
}  // namespace fairlead::core

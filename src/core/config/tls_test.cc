// `tls` of a listener: what it means, and what is said where it is wrong.
#include <gtest/gtest.h>

#include "core/config/dump.h"
#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

constexpr WallTime kNow{std::chrono::days(20000)};  // 2024-10-04

// Looks into files as net/inspect_certificate does: a certificate "NAME DAYS" fits the key "NAME",
// and ends so many days from now.
std::expected<CertificateFacts, CertificateFault> inspect(std::string_view certificate,
                                                          std::string_view key) {
  using In = CertificateFault::In;
  const std::string_view name = certificate.substr(0, certificate.find(' '));
  if (name.size() == certificate.size())
    return std::unexpected(CertificateFault{In::certificate, "it holds no certificate", "mend it"});
  if (name != key) return std::unexpected(CertificateFault{In::key, "it does not fit", "swap it"});
  const int days = std::stoi(std::string(certificate.substr(name.size() + 1)));
  return CertificateFacts{.names = {std::string(name)},
                          .subject = "CN=" + std::string(name),
                          .key = "EC P-256",
                          .begins = kNow - 24h,
                          .expires = kNow + std::chrono::days(days) + 1h};
}

LoadResult load_tls(const std::string& tls, std::string rest = {},
                    std::map<std::string, std::string> more = {}) {
  TestFiles files{std::move(more)};
  files.files["fairlead.yaml"] = "listeners: { web: { bind: 443, tls: " + tls + ", pool: app" +
                                 rest + " } }\npools: { app: [127.0.0.1:9001] }\n";
  files.files["a.crt"] = "a 90";
  files.files["a.key"] = "a";
  files.files["b.crt"] = "b 90";
  files.files["b.key"] = "b";
  files.files["old.crt"] = "a -5";
  files.files["soon.crt"] = "a 3";
  files.files["ca.pem"] = "authorities";
  files.files["old.pem"] = "old authorities";
  for (const auto& [file, text] : std::map<std::string, std::string>{{"good.ocsp", "a -1 7"},
                                                                     {"past.ocsp", "a -9 -2"},
                                                                     {"early.ocsp", "a 2 9"},
                                                                     {"other.ocsp", "b -1 7"}})
    files.files[file] = text;
  Outside outside = files.outside();
  outside.inspect_certificate = inspect;
  outside.inspect_authorities =
      [](std::string_view text) -> std::expected<WallTime, CertificateFault> {
    if (text == "authorities") return kNow + 24h;
    if (text == "old authorities") return kNow - 24h;
    return std::unexpected(
        CertificateFault{CertificateFault::In::certificate, "it holds no certificate", "mend it"});
  };
  // An answer "NAME FROM TO" is about the certificate NAME; days from now.
  outside.inspect_staple =
      [](std::string_view certificate,
         std::string_view response) -> std::expected<StapleFacts, CertificateFault> {
    if (certificate.substr(0, 1) != response.substr(0, 1))
      return std::unexpected(CertificateFault{CertificateFault::In::certificate,
                                              "it is about another certificate", ""});
    int from = 0;
    int to = 0;
    std::sscanf(std::string(response.substr(2)).c_str(), "%d %d", &from, &to);
    return StapleFacts{kNow + std::chrono::days(from), kNow + std::chrono::days(to)};
  };
  outside.now = kNow;
  return load("fairlead.yaml", outside);
}

TEST(Tls, AnEntryOfOnesOwnIsTheShortForm) {
  const LoadResult shorter = load_tls("{ cert: a.crt, key: a.key }");
  const LoadResult longer = load_tls("{ certificates: [{ cert: a.crt, key: a.key }] }");
  ASSERT_TRUE(shorter.config) << render(shorter.problems);
  ASSERT_TRUE(longer.config) << render(longer.problems);
  const TlsConfig& tls = *shorter.config->listeners[0].tls;
  EXPECT_EQ(tls, *longer.config->listeners[0].tls);
  ASSERT_EQ(tls.certificates.size(), 1u);
  EXPECT_EQ(tls.certificates[0].cert_text, "a 90");
  EXPECT_EQ(tls.certificates[0].key_text, "a");
  EXPECT_EQ(tls.certificates[0].facts.names, std::vector<std::string>{"a"});
  EXPECT_TRUE(shorter.problems.empty());
}

TEST(Tls, BothFormsTogetherAreOneList) {
  const LoadResult result =
      load_tls("{ cert: a.crt, key: a.key, certificates: { cert: b.crt, key: b.key } }");
  ASSERT_TRUE(result.config) << render(result.problems);
  const auto& certificates = result.config->listeners[0].tls->certificates;
  ASSERT_EQ(certificates.size(), 2u);
  EXPECT_EQ(certificates[0].cert, "a.crt");
  EXPECT_EQ(certificates[1].cert, "b.crt");
}

TEST(Tls, IsReadAndShown) {
  const LoadResult result = load_tls(
      "{ cert: a.crt, key: a.key, min_version: 1.3, client_ca: ca.pem, client_certificate: "
      "optional "
      "}",
      ", protocol: tcp");
  ASSERT_TRUE(result.config) << render(result.problems);
  const TlsConfig& tls = *result.config->listeners[0].tls;
  EXPECT_EQ(tls.min_version, TlsConfig::Version::v1_3);
  EXPECT_EQ(tls.client_ca_text, "authorities");
  EXPECT_EQ(tls.client_certificate, TlsConfig::ClientCertificate::optional);
  const std::string dump = dump_yaml(*result.config);
  for (const char* line : {"cert: a.crt", "key: a.key", "1.3", "client_ca: ca.pem", "optional"})
    EXPECT_TRUE(dump.contains(line)) << dump;
  EXPECT_FALSE(dump.contains("a 90")) << dump;
}

TEST(Tls, AnAnswerOfTheIssuerIsStapled) {
  for (const char* tls : {"{ cert: a.crt, key: a.key, ocsp: good.ocsp }",
                          "{ certificates: [{ cert: a.crt, key: a.key, ocsp: good.ocsp }] }"}) {
    const LoadResult result = load_tls(tls);
    ASSERT_TRUE(result.config) << render(result.problems);
    const CertificateConfig& one = result.config->listeners[0].tls->certificates[0];
    EXPECT_EQ(one.staple, "a -1 7");
    EXPECT_EQ(one.staple_facts.expires, kNow + 7 * 24h);
    EXPECT_TRUE(dump_yaml(*result.config).contains("ocsp: good.ocsp"));
  }
  for (const char* bad : {"past", "other"}) {
    const LoadResult result =
        load_tls(std::string("{ cert: a.crt, key: a.key, ocsp: ") + bad + ".ocsp }");
    ASSERT_TRUE(result.config) << render(result.problems);
    EXPECT_EQ(result.config->listeners[0].tls->certificates[0].staple, "");
  }
}

TEST(Tls, PathsAreRelativeToTheFileThatNamesThem) {
  TestFiles files{
      {{"etc/fairlead.yaml",
        "include: [sites/*.yaml]\npools: { app: [127.0.0.1:9001] }\nlisteners: {}\n"},
       {"etc/sites/a.yaml",
        "listeners: { web: { bind: 443, tls: { cert: a.crt, key: ../a.key }, pool: app } }\n"},
       {"etc/sites/a.crt", "a 90"},
       {"etc/a.key", "a"}}};
  Outside outside = files.outside();
  outside.inspect_certificate = inspect;
  const LoadResult result = load("etc/fairlead.yaml", outside);
  ASSERT_TRUE(result.config) << render(result.problems);
  EXPECT_EQ(result.config->listeners[0].tls->certificates[0].key_text, "a");
}

struct Told {
  const char* tls;
  const char* message;
  const char* hint;
};

class TlsTold : public testing::TestWithParam<Told> {};

TEST_P(TlsTold, Once) {
  const LoadResult result = load_tls(GetParam().tls);
  ASSERT_EQ(result.problems.size(), 1u) << render(result.problems);
  EXPECT_EQ(result.problems[0].message, GetParam().message);
  EXPECT_EQ(result.problems[0].hint, GetParam().hint);
  EXPECT_EQ(result.problems[0].place.line, 1);
  EXPECT_EQ(result.config.has_value(), result.problems[0].severity == Severity::warning);
}

constexpr const char* kUnreadable =
    "paths are relative to the file that names them; the user that runs fairlead must be able to "
    "read it";

INSTANTIATE_TEST_SUITE_P(
    All, TlsTold,
    testing::Values(
        Told{"{}", "`tls` of listener `web` has no certificate",
             "for example `tls: { cert: site.crt, key: site.key }`; `fairlead cert self-signed "
             "localhost` makes one for trying out"},
        Told{"{ certificates: [] }", "`tls` of listener `web` has no certificate",
             "for example `tls: { cert: site.crt, key: site.key }`; `fairlead cert self-signed "
             "localhost` makes one for trying out"},
        Told{"{ cert: a.crt }", "a certificate of listener `web` has no `key`",
             "for example `{ cert: site.crt, key: site.key }`"},
        Told{"{ key: a.key }", "a certificate of listener `web` has no `cert`",
             "for example `{ cert: site.crt, key: site.key }`"},
        Told{"{ cert: none.crt, key: a.key }", "cannot read `none.crt`: no such file", kUnreadable},
        Told{"{ cert: a.crt, key: none.key }", "cannot read `none.key`: no such file", kUnreadable},
        Told{"{ cert: a.crt, key: b.key }",
             "the key `b.key` cannot be used: it does not fit; the certificate is `a.crt`",
             "swap it"},
        Told{"{ cert: a.key, key: a.key }",
             "the certificate `a.key` cannot be used: it holds no certificate", "mend it"},
        Told{"{ cert: old.crt, key: a.key }", "`old.crt` expired on 2024-09-29: clients refuse it",
             "put a new one in its place, and send SIGHUP"},
        Told{"{ cert: soon.crt, key: a.key }", "`soon.crt` expires in 3 days, on 2024-10-07",
             "put a new one in its place, and send SIGHUP"},
        Told{"{ cert: a.crt, key: a.key, min_version: 1.1 }", "`min_version`: `1.1` is not known",
             "did you mean `1.2`? allowed: `1.2` or `1.3`"},
        Told{"{ cert: a.crt, key: a.key, client_ca: a.crt }",
             "`a.crt` cannot be used: it holds no certificate", "mend it"},
        Told{"{ cert: a.crt, key: a.key, client_ca: old.pem }",
             "`old.pem` has expired, on 2024-10-03: nobody that it signed is believed",
             "put a new one in its place, and send SIGHUP"},
        Told{"{ cert: a.crt, key: a.key, ocsp: none.ocsp }",
             "cannot read `none.ocsp`: no such file", kUnreadable},
        Told{"{ cert: a.crt, key: a.key, ocsp: past.ocsp }",
             "`past.ocsp` is not stapled: it was good until 2024-10-02",
             "fetch a new one, and send SIGHUP: docs/tls.md"},
        Told{"{ cert: a.crt, key: a.key, ocsp: early.ocsp }",
             "`early.ocsp` is not stapled: it is not good before 2024-10-06",
             "fetch a new one, and send SIGHUP: docs/tls.md"},
        Told{"{ cert: a.crt, key: a.key, ocsp: other.ocsp }",
             "`other.ocsp` is not stapled: it is about another certificate", ""},
        Told{"{ cert: a.crt, key: a.key, client_certificate: optional }",
             "`client_certificate` means nothing without `client_ca`",
             "name the file of those who may sign certificates of clients: `client_ca: ca.pem`"},
        Told{"{ cert: a.crt, key: a.key, ciphers: HIGH }",
             "unknown key `ciphers` in `tls` of listener `web`",
             "known keys here: cert, certificates, client_ca, client_certificate, key, "
             "max_handshakes, min_version and ocsp"}));

TEST(Tls, IsNoProtocol) {
  const LoadResult result = load_text(
      "listeners: { web: { bind: \"https://:443\", pool: app } }\npools: { app: [127.0.0.1:9001] "
      "}\n");
  ASSERT_EQ(result.problems.size(), 1u) << render(result.problems);
  EXPECT_EQ(result.problems[0].message, "`protocol`: `https` is a protocol with `tls`");
}

}  // namespace
}  // namespace fairlead::core

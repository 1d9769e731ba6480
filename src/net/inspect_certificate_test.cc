#include "net/inspect_certificate.h"

#include <gtest/gtest.h>

#include "net/self_signed.h"

namespace fairlead::net {
namespace {

constexpr WallTime kNow{std::chrono::days(20000)};

TlsPem made(std::vector<std::string> hosts) { return make_self_signed(hosts, kNow).value(); }

TEST(InspectCertificate, ReadsWhatItSays) {
  const TlsPem pem = made({"Shop.example", "*.shop.example", "10.0.0.1", "::1"});
  const auto facts = inspect_certificate(pem.certificates, pem.key);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->names,
            (std::vector<std::string>{"shop.example", "*.shop.example", "10.0.0.1", "::1"}));
  EXPECT_EQ(facts->subject, "CN=Shop.example");
  EXPECT_EQ(facts->key, "EC P-256");
  EXPECT_EQ(facts->begins, kNow - 1h);
  EXPECT_EQ(facts->expires, kNow + std::chrono::days(365));
}

void expect_fault(std::string_view certificate, std::string_view key, CertificateFault::In in,
                  std::string_view words) {
  const auto facts = inspect_certificate(certificate, key);
  ASSERT_FALSE(facts) << words;
  EXPECT_EQ(facts.error().in, in) << words;
  EXPECT_TRUE(facts.error().message.contains(words)) << facts.error().message;
}

TEST(InspectCertificate, TellsWhatIsWrong) {
  using enum CertificateFault::In;
  const TlsPem a = made({"a.example"});
  const TlsPem b = made({"b.example"});
  expect_fault("", a.key, certificate, "no certificate");
  expect_fault(a.key, a.certificates, certificate, "no certificate");
  expect_fault(a.certificates.substr(0, 300) + "!\n-----END CERTIFICATE-----\n", a.key, certificate,
               "damaged");
  expect_fault(a.certificates, "", key, "no private key");
  expect_fault(a.certificates, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n", key, "encrypted");
  expect_fault(a.certificates, a.key.substr(0, 80) + "\n-----END PRIVATE KEY-----\n", key,
               "damaged");
  expect_fault(a.certificates, b.key, key, "does not fit the certificate");
  expect_fault(b.certificates + a.certificates, a.key, certificate, "out of order");
  expect_fault(a.certificates + b.certificates, a.key, certificate, "did not issue");
}

}  // namespace
}  // namespace fairlead::net

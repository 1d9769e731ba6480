// What is no OCSP response at all; those that real issuers give are in test/wire/test_stapling.py.
#include <gtest/gtest.h>

#include <chrono>

#include "net/inspect_certificate.h"
#include "net/self_signed.h"

namespace fairlead::net {
namespace {

TEST(InspectStaple, RefusesWhatIsNone) {
  const std::vector<std::string> hosts = {"a.example"};
  const TlsPem pem = make_self_signed(hosts, std::chrono::system_clock::now()).value();
  for (const std::string& der :
       {std::string(), std::string("nothing of use"), pem.certificates,
        std::string("\x30\x82\xff\xff\x0a\x01\x00", 7), std::string("\x30\x03\x0a\x01\x01", 5)}) {
    const auto found = inspect_staple(pem.certificates, der);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message, "it holds no OCSP response in DER");
  }
}

TEST(InspectAuthorities, TellsWhenTheLastOfThemEnds) {
  const std::vector<std::string> hosts = {"a.example"};
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  const TlsPem early = make_self_signed(hosts, now - 400 * 24h).value();
  const TlsPem late = make_self_signed(hosts, now).value();
  const auto both = inspect_authorities(late.certificates + early.certificates);
  ASSERT_TRUE(both);
  EXPECT_GT(*both, now + 360 * 24h);
  EXPECT_LT(*inspect_authorities(early.certificates), now);
  EXPECT_FALSE(inspect_authorities(late.key));
}

}  // namespace
}  // namespace fairlead::net

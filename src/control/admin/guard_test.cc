#include "control/admin/guard.h"

#include <gtest/gtest.h>

namespace fairlead::control {
namespace {

TEST(Guard, TakesHostsThatNobodyElseCanOwn) {
  for (const char* host :
       {"127.0.0.1:9900", "[::1]:9900", "10.0.0.5", "localhost:9900", "LOCALHOST", "fairlead:9900",
        "lb1.local", "lb.prod.internal:80", "a.localhost", "lb1.example.com:9900"}) {
    EXPECT_TRUE(is_safe_host(host, "lb1.example.com")) << host;
  }
}

TEST(Guard, RefusesHostsThatSomebodyElseMayOwn) {
  for (const char* host :
       {"evil.example:9900", "127.0.0.1.evil.example", "localhost.evil.example", "", "[::1",
        ":9900", "evil.example.", "1.2.3.4.nip.io", ".local.evil.example", "evillocal.example"}) {
    EXPECT_FALSE(is_safe_host(host, "lb1.example.com")) << host;
  }
}

TEST(Guard, LetsMonitoringUseAnyName) {
  EXPECT_FALSE(refusal_of({.method = "GET", .path = "/metrics", .host = "lb.example.com"}, ""));
  EXPECT_TRUE(
      refusal_of({.method = "GET", .path = "/api/v1/config", .host = "lb.example.com"}, ""));
}

TEST(Guard, LetsPagesOfOthersChangeNothing) {
  const GuardFacts plain{.method = "POST", .path = "/api/v1/reload", .host = "127.0.0.1:9900"};
  EXPECT_FALSE(refusal_of(plain, ""));
  const auto with_origin = [&](std::string_view origin) {
    GuardFacts facts = plain;
    facts.origin = origin;
    return refusal_of(facts, "");
  };
  EXPECT_FALSE(with_origin("http://127.0.0.1:9900"));
  for (const char* origin :
       {"http://evil.example", "null", "http://127.0.0.1:8080", "127.0.0.1:9900", ""}) {
    EXPECT_TRUE(with_origin(origin)) << origin;
  }
  const auto with_site = [&](std::string_view site) {
    GuardFacts facts = plain;
    facts.sec_fetch_site = site;
    return refusal_of(facts, "");
  };
  EXPECT_FALSE(with_site("same-origin"));
  EXPECT_TRUE(with_site("cross-site"));
  EXPECT_TRUE(with_site("same-site"));
}

TEST(Guard, LetsPagesOfOthersLinkHere) {
  EXPECT_FALSE(refusal_of({.method = "GET",
                           .path = "/",
                           .host = "localhost:9900",
                           .origin = {},
                           .sec_fetch_site = "cross-site"},
                          ""));
}

TEST(Guard, ARebindingPageIsRefusedThoughItsOriginIsTheHost) {
  EXPECT_TRUE(refusal_of({.method = "POST",
                          .path = "/api/v1/reload",
                          .host = "evil.example:9900",
                          .origin = "http://evil.example:9900"},
                         ""));
}

}  // namespace
}  // namespace fairlead::control

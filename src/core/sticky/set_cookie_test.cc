#include "core/sticky/set_cookie.h"

#include <gtest/gtest.h>

namespace fairlead::core {
namespace {

TEST(SetCookie, HasEveryAttribute) {
  CookieConfig cookie{.name = "SERVERID", .ttl = 24h};
  EXPECT_EQ(set_cookie_text(cookie, "abc", false),
            "SERVERID=abc; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax");
  cookie.path = "/app";
  cookie.domain = "shop.example";
  cookie.same_site = CookieConfig::SameSite::none;
  EXPECT_EQ(set_cookie_text(cookie, "abc", true),
            "SERVERID=abc; Path=/app; Domain=shop.example; Max-Age=86400; Secure; HttpOnly; "
            "SameSite=None");
}

TEST(SetCookie, IsSecureForWhoCameByHttpsUnlessItIsSaidOtherwise) {
  using enum CookieConfig::Secure;
  const auto is_secure = [](CookieConfig::Secure secure, bool https) {
    return set_cookie_text({.name = "a", .secure = secure}, "b", https).contains("; Secure");
  };
  EXPECT_TRUE(is_secure(automatic, true));
  EXPECT_FALSE(is_secure(automatic, false));
  EXPECT_TRUE(is_secure(always, false));
  EXPECT_FALSE(is_secure(never, true));
}

TEST(SetCookie, OfABackendIsReadAsBrowsersRead) {
  const auto read = [](std::string_view field) {
    const NamedCookie cookie = cookie_set_by(field);
    return fmt::format("{}|{}", cookie.name, cookie.value);
  };
  EXPECT_EQ(read("JSESSIONID=abc; Path=/; HttpOnly"), "JSESSIONID|abc");
  EXPECT_EQ(read(" a = b c ;x"), "a|b c");
  EXPECT_EQ(read("a=b=c"), "a|b=c");
  EXPECT_EQ(read("a=\"q\""), "a|\"q\"");
  for (const char* none : {"", "a", "=b", "a=", "; a=b", "a; b=c"}) EXPECT_EQ(read(none), "|");
}

}  // namespace
}  // namespace fairlead::core

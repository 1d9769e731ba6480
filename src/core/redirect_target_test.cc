#include "core/redirect_target.h"

#include <gtest/gtest.h>

#include <map>

namespace fairlead::core {
namespace {

// A request for shop.example/a/b?c=d&e, but for what a test says of a fact.
class Asked : public TemplateFacts {
 public:
  explicit Asked(std::map<std::string, std::string, std::less<>> said) : said_(std::move(said)) {}
  void append(std::string& out, Fact fact, std::string_view name) const override {
    const std::string_view key = name.empty() ? name_of(fact) : name;
    if (const auto found = said_.find(key); found != said_.end()) out += found->second;
  }

 private:
  std::map<std::string, std::string, std::less<>> said_;
};

// The address, or "400".
std::string sent(std::string_view to, std::map<std::string, std::string, std::less<>> said = {}) {
  std::map<std::string, std::string, std::less<>> all = {
      {"uri", "/a/b?c=d&e"}, {"path", "/a/b"},         {"query", "c=d&e"},
      {"scheme", "http"},    {"host", "shop.example"}, {"client_ip", "192.0.2.1"}};
  for (auto& [name, value] : said) all.insert_or_assign(name, value);
  return redirect_target(Template::parse(to).value(), Asked(std::move(all))).value_or("400");
}

TEST(RedirectTarget, FillsInWhatWasAskedFor) {
  EXPECT_EQ(sent("https://{host}{uri}"), "https://shop.example/a/b?c=d&e");
  EXPECT_EQ(sent("{scheme}://www.{host}{uri}"), "http://www.shop.example/a/b?c=d&e");
  EXPECT_EQ(sent("https://{host}:8443/x?{query}"), "https://shop.example:8443/x?c=d&e");
  EXPECT_EQ(sent("{path}"), "/a/b");
  EXPECT_EQ(sent("/new{path}?{query}"), "/new/a/b?c=d&e");
  EXPECT_EQ(sent("/{uri}"), "/a/b?c=d&e");
  EXPECT_EQ(sent("//{host}/x"), "//shop.example/x");
  EXPECT_EQ(sent("https://{host}/", {{"host", "[2001:db8::1]"}}), "https://[2001:db8::1]/");
}

TEST(RedirectTarget, NobodyChoosesTheHostBehindASlash) {
  for (const char* evil : {"/evil.com", "//evil.com", "\\evil.com", "/\\evil.com", "\\/evil.com"}) {
    EXPECT_EQ(sent("/{query}", {{"query", evil}}), "/evil.com") << evil;
    EXPECT_EQ(sent("/{header:x-n}", {{"x-n", evil}}), "/evil.com") << evil;
    EXPECT_EQ(sent("/{cookie:none}{header:x-n}", {{"x-n", evil}}), "/evil.com") << evil;
    EXPECT_EQ(sent("/{cookie:none}/{header:x-n}", {{"x-n", evil}}), "/evil.com") << evil;
  }
  EXPECT_EQ(sent("/{header:none}/evil.com"), "/evil.com");
  EXPECT_EQ(sent("{header:none}//evil.com"), "/evil.com");
  EXPECT_EQ(sent("/{header:x-n}", {{"x-n", "\t/evil.com"}}), "/%09/evil.com");
}

TEST(RedirectTarget, AWholeOneOfTheClientIsAPath) {
  EXPECT_EQ(sent("{header:next}", {{"next", "/welcome?a=b"}}), "/welcome?a=b");
  EXPECT_EQ(sent("{header:next}", {{"next", "//evil.com"}}), "/evil.com");
  EXPECT_EQ(sent("{query}", {{"query", "/\\evil.com"}}), "/evil.com");
  for (const char* evil : {"https://evil.com", "evil.com", "", "javascript:alert(1)", "?a"})
    EXPECT_EQ(sent("{header:next}", {{"next", evil}}), "400") << evil;
}

TEST(RedirectTarget, NothingThatIsFilledInEndsOrChangesTheHost) {
  for (const char* evil : {"evil.com/", "evil.com?", "evil.com#", "a@evil.com", "evil.com:1",
                           "evil.com\\", "a b", "a\r\nb", "a%2f", "[::1]", "a/../b"}) {
    EXPECT_EQ(sent("https://{query}.example.com/", {{"query", evil}}), "400") << evil;
    EXPECT_EQ(sent("https://{header:x-n}@example.com/", {{"x-n", evil}}), "400") << evil;
    EXPECT_EQ(sent("//cdn.example.com:{query}/", {{"query", evil}}), "400") << evil;
  }
  EXPECT_EQ(sent("https://{query}.example.com/", {{"query", "de-1"}}), "https://de-1.example.com/");
  EXPECT_EQ(sent("https://cdn.example.com:{query}/", {{"query", "8443"}}),
            "https://cdn.example.com:8443/");
}

TEST(RedirectTarget, WithoutAHostThereIsNone) {
  EXPECT_EQ(sent("https://{host}{uri}", {{"host", ""}, {"uri", "/evil.com/x"}}), "400");
  EXPECT_EQ(sent("https://{host}:8443{uri}", {{"host", ""}}), "400");
  EXPECT_EQ(sent("https://a@{host}/evil.com", {{"host", ""}}), "400");
  EXPECT_EQ(sent("https://{path}.example.com/"), "400");
}

TEST(RedirectTarget, TheServerAsAWholeIsItsRoot) {
  EXPECT_EQ(sent("https://{host}{uri}", {{"uri", "*"}}), "https://shop.example/");
  EXPECT_EQ(sent("{path}", {{"path", "*"}}), "/");
}

TEST(RedirectTarget, AValueInTheQueryIsOneValue) {
  EXPECT_EQ(sent("/login?next={path}&x=1", {{"path", "/a&admin=1#b+c"}}),
            "/login?next=/a%26admin%3D1%23b%2Bc&x=1");
  EXPECT_EQ(sent("https://a/?n={header:x-n}#f", {{"x-n", "a b&c=d?e"}}),
            "https://a/?n=a%20b%26c%3Dd?e#f");
  EXPECT_EQ(sent("/login?next={uri}"), "/login?next=/a/b?c=d&e");
  EXPECT_EQ(sent("/x{uri}&n={host}", {{"host", "a&b"}}), "/x/a/b?c=d&e&n=a%26b");
}

TEST(RedirectTarget, AValueInThePathStaysThere) {
  EXPECT_EQ(sent("/t/{header:x-n}/f", {{"x-n", "a/b?c#d"}}), "/t/a/b%3Fc%23d/f");
}

std::string fault(std::string_view to) {
  const auto found = fault_of_target(Template::parse(to).value());
  return found ? found->message : "";
}

TEST(RedirectTarget, ATemplateThatGivesNoAddressIsTold) {
  EXPECT_EQ(fault("{host}{uri}"), "`{host}{uri}` is neither a URL nor a path");
  EXPECT_EQ(fault("{scheme}{host}"), "`{scheme}{host}` is neither a URL nor a path");
  EXPECT_EQ(fault("/\\{host}"), "`/\\{host}` holds a `\\`, which browsers read as `/`");
  for (const char* good : {"{scheme}://{host}/", "{uri}", "{header:next}", "/x", "//cdn/x"})
    EXPECT_EQ(fault(good), "") << good;
}

TEST(RedirectTarget, AHostOfTheClientsIsToldByItsPlace) {
  const auto chosen = [](std::string_view to) {
    return chosen_by_client(Template::parse(to).value()).value_or("");
  };
  EXPECT_EQ(chosen("https://{query}.example.com/"), "{query}");
  EXPECT_EQ(chosen("https://a.example:{header:X-P}/"), "{header:x-p}");
  EXPECT_EQ(chosen("{scheme}://{cookie:T}/"), "{cookie:T}");
  for (const char* good : {"https://{host}{uri}", "https://a{path}{query}", "/{query}",
                           "https://a/{query}", "{scheme}://{host}:8443/{header:a}"})
    EXPECT_EQ(chosen(good), "") << good;
}

}  // namespace
}  // namespace fairlead::core

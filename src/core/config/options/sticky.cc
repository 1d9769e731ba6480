// sticky of a pool: how its clients are kept at their backends; and what cookies are sealed with.
#include <fmt/format.h>

#include <algorithm>

#include "core/config/include.h"
#include "core/config/options/cookie.h"
#include "core/config/options/sections.h"
#include "core/config/types.h"
#include "core/config/words.h"

namespace fairlead::core {
namespace {

using Kind = StickyConfig::Kind;

// RFC 6265bis 5.5: browsers keep none longer.
constexpr Duration kLongestCookie = 24h * 400;
constexpr Duration kUsualLearned = 1h;
constexpr uint32_t kLeastLearned = 1000;
constexpr uint32_t kMostLearned = 10'000'000;
constexpr size_t kLeastSecret = 16;
constexpr size_t kMostSecrets = 8;  // a forged cookie is tried with each

constexpr std::string_view kExample = "for example `sticky: { cookie: SERVERID, ttl: 1d }`";

bool is_cookie(const StickyConfig& sticky) { return sticky.kind == Kind::cookie; }
bool is_learn(const StickyConfig& sticky) { return sticky.kind == Kind::learn; }

// The name, and with it the kind.
Type<StickyConfig> named(Kind kind) {
  const Type<std::string> name = cookie_name();
  return {name.shape,
          [name, kind](StickyConfig& sticky, const Node& node, Reader& reader) {
            sticky.kind = kind;
            name.read(sticky.cookie.name, node, reader);
          },
          [name, kind](const StickyConfig& sticky) {
            return sticky.kind == kind ? name.show(sticky.cookie.name) : Node{};
          }};
}

constexpr auto kCookie = [](auto& sticky) -> auto& { return sticky.cookie; };
constexpr auto kTtl = [](auto& sticky) -> auto& { return sticky.cookie.ttl; };

void refuse_others(const Node& node, std::initializer_list<std::string_view> keys,
                   std::string_view kind, std::string_view hint, Reader& reader) {
  for (const std::string_view key : keys) {
    if (const Node* found = node.find(key)) {
      reader.error(*found, fmt::format("`{}` means nothing with `{}`", key, kind),
                   std::string(hint));
    }
  }
}

void finish_sticky(StickyConfig& sticky, const Node& node, Reader& reader) {
  const Node* cookie = node.find("cookie");
  const Node* learn = node.find("learn");
  if (cookie != nullptr && learn != nullptr) {
    reader.error(*learn, fmt::format("{} has `cookie` and `learn`", reader.where()),
                 "either Fairlead sets a cookie, or it learns the application's");
    return;
  }
  if (cookie == nullptr && learn == nullptr) {
    if (!reader.notebook().may_be_lost({"cookie", "learn"}))
      reader.error(node, fmt::format("{} names no cookie", reader.where()), std::string(kExample));
    return;
  }
  if (cookie != nullptr) {
    refuse_others(node, {"size"}, "cookie", "nothing is remembered here: the client has it all",
                  reader);
    return check_cookie(sticky.cookie, node, reader);
  }
  refuse_others(node, {"path", "domain", "same_site", "secure"}, "learn",
                "the application sets its cookie as it likes", reader);
  if (node.find("ttl") == nullptr) sticky.cookie.ttl = kUsualLearned;
}

std::vector<Option<StickyConfig>> sticky_options() {
  std::vector<Option<StickyConfig>> options = {
      {"cookie", kItself, named(Kind::cookie),
       "The name of a cookie that Fairlead sets: it says, sealed, which backend its client is "
       "kept at.",
       "SERVERID"},
      {"learn", kItself, named(Kind::learn),
       "Instead: the name of the application's own session cookie, which Fairlead reads as it "
       "passes by.",
       "JSESSIONID"},
      {"ttl", kTtl, duration(1min, kLongestCookie),
       "How long a client is kept since it was last seen; with `learn` 1h when nothing is said.",
       "8h"},
      Option<StickyConfig>("size", &StickyConfig::size,
                           whole_number(kLeastLearned, kMostLearned, "sessions"),
                           "Of `learn`: sessions that are known at once; who was not seen for "
                           "longest makes room. About 40 bytes each.",
                           "1000000")
          .shown_when(is_learn),
      {"on_drain", &StickyConfig::finish_on_drain,
       choice<bool>({{"finish", true}, {"move", false}}),
       "What becomes of the clients of a backend that is drained: they stay until its drain is "
       "over, or go elsewhere at once.",
       "move"}};
  for (auto& option : cookie_options<StickyConfig>(kCookie, is_cookie))
    options.push_back(std::move(option));
  return options;
}

// ---- secrets --------------------------------------------------------------------------

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// The file, without the line end that editors put there.
std::optional<std::string> content_of(const Node& said, Reader& reader) {
  if (!said.is_scalar() || !reader.outside().read) return {};
  const std::string file = resolved(reader.place(said).file, said.text);
  auto content = reader.outside().read(file);
  if (!content) {
    reader.error(said, fmt::format("cannot read {}: {}", ticked(file), content.error()),
                 "paths are relative to the file that names them; the user that runs fairlead "
                 "must be able to read it");
    return {};
  }
  while (!content->empty() && is_space(content->back())) content->pop_back();
  return std::move(*content);
}

void check_secret(std::string_view secret, const Node& at, Reader& reader) {
  if (secret.size() >= kLeastSecret) return;
  reader.error(
      at, fmt::format("a secret of {} characters can be guessed", secret.size()),
      fmt::format("take {} or more, such as `openssl rand -base64 32` gives", kLeastSecret));
}

void read_secret(SecretConfig& secret, const Node& node, Reader& reader) {
  static const Shape shape{.words = "a text of at least 16 characters, or `{ file: PATH }`"};
  if (!node.is_map()) {
    if (!expect_text(node, shape, reader)) return;
    secret.text = node.text;
    return check_secret(secret.text, node, reader);
  }
  check_keys(node, "secret", {"file"}, reader);
  const Node* file = node.find("file");
  if (file == nullptr || report_empty(*file, "file", "sticky.secret", reader)) return;
  if (!expect_text(*file, Shape{.words = "the path of a file"}, reader)) return;
  secret.file = file->text;
  auto content = content_of(*file, reader);
  if (!content) return;
  secret.text = std::move(*content);
  check_secret(secret.text, *file, reader);
}

Type<SecretConfig> secret_type() {
  Shape text{.words = "a text of at least 16 characters"};
  Shape path{.kind = Shape::Kind::names, .words = "`{ file: PATH }`", .parts = {Shape{}}};
  return {Shape{.kind = Shape::Kind::either,
                .words = text.words + ", or " + path.words,
                .parts = {text, path}},
          read_secret, [](const SecretConfig& secret) {
            return secret.file.empty() ? scalar(secret.text) : map_of("file", scalar(secret.file));
          }};
}

}  // namespace

Type<std::vector<SecretConfig>> secrets_type() {
  const Type<std::vector<SecretConfig>> all = list_of(secret_type(), "a list of secrets");
  auto read = [all](std::vector<SecretConfig>& secrets, const Node& node, Reader& reader) {
    if (node.is_list() && node.items.size() > kMostSecrets) {
      reader.error(node, fmt::format("{} secrets are too many", node.items.size()),
                   fmt::format("at most {}: the one that acts, and old ones until their cookies "
                               "have expired",
                               kMostSecrets));
      return;
    }
    all.read(secrets, node, reader);
  };
  auto show = [all](const std::vector<SecretConfig>& secrets) {
    return secrets.empty() ? Node{} : all.show(secrets);
  };
  return {all.shape, read, show};
}

// `true` is what other products take, and names no cookie.
Type<StickyConfig> sticky_type() {
  const Type<StickyConfig> section = section_type<StickyConfig, sticky_section>();
  return {section.shape,
          [section](StickyConfig& sticky, const Node& node, Reader& reader) {
            if (!node.is_scalar() || node.text != "true") return section.read(sticky, node, reader);
            reader.error(node, fmt::format("{} names no cookie", reader.where()),
                         std::string(kExample));
          },
          section.show};
}

const Section<StickyConfig>& sticky_section() {
  static const Section<StickyConfig> section = {
      .name = "sticky",
      .heading = "Sticky sessions",
      .help =
          "Keeps the clients of a pool at their backends, whatever the algorithm says: "
          "docs/sticky.md.",
      .options = sticky_options(),
      .expand = [](const Node& node,
                   Reader&) { return node.is_scalar() ? map_of("cookie", node) : node; },
      .short_forms = {{cookie_name().shape, "sticky: srv", "sticky: { cookie: srv }"}},
      .turn_off = [](StickyConfig& sticky) { sticky = {}; },
      .is_off = [](const StickyConfig& sticky) { return !sticky.on(); },
      .finish = finish_sticky,
  };
  return section;
}

}  // namespace fairlead::core

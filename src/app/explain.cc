#include "app/explain.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/files.h"
#include "app/run.h"
#include "app/tell.h"
#include "control/explain_report.h"
#include "control/explain_request.h"
#include "core/config/load.h"
#include "http/fetch.h"
#include "net/hmac_seal.h"
#include "net/kernel_network.h"
#include "net/scope.h"

namespace fairlead::app {
namespace {

constexpr Duration kPatience = 5s;
constexpr size_t kMostBody = 64 * 1024 * 1024;

int complain(std::string_view what) {
  fmt::print(stderr, "fairlead explain: {}\n", what);
  return kWrong;
}

// The text itself, or what a file holds, as curl's `-d` has it.
std::expected<std::string, std::string> body_of(const ExplainFlags& flags) {
  if (!flags.body.starts_with('@')) return flags.body;
  const std::string path = flags.body.substr(1);
  auto text = real_world().read(path);
  if (!text) return std::unexpected(fmt::format("--body: {}: {}", path, text.error()));
  return text;
}

std::expected<control::AskedRequest, std::string> asked_of(const ExplainFlags& flags) {
  control::AskedRequest asked{.request = flags.request,
                              .client = flags.client,
                              .listener = flags.listener,
                              .certificate_subject = flags.certificate_subject,
                              .certificate_names = flags.certificate_names,
                              .sni = flags.sni};
  auto body = body_of(flags);
  if (!body) return std::unexpected(body.error());
  asked.body = std::move(*body);
  for (const std::string& text : flags.headers) {
    auto header = control::parse_header(text);
    if (!header) return std::unexpected(header.error());
    asked.headers.push_back(std::move(*header));
  }
  return asked;
}

// Nothing: a fresh start would make up its secret, and know no cookie.
std::optional<net::HmacSeal> seal_of(const core::Config& config) {
  std::vector<std::string> keys;
  for (const core::SecretConfig& secret : config.sticky_secrets) keys.push_back(secret.text);
  if (keys.empty()) return {};
  return std::optional<net::HmacSeal>(std::in_place, nullptr, keys);
}

int explain_file(const ExplainFlags& flags, const control::AskedRequest& asked) {
  core::LoadResult loaded = core::load(flags.config, real_world());
  fmt::print(stderr, "{}", core::render(loaded.problems));
  if (!loaded.config) return kWrong;
  core::Registry registry(1);
  const auto all_healthy = [](const core::Backend&, const core::BackendConfig& backend) {
    return core::Standing{core::State::healthy, backend.weight};
  };
  const std::optional<net::HmacSeal> seal = seal_of(*loaded.config);
  const auto snapshot =
      core::make_snapshot(std::make_shared<const core::Config>(std::move(*loaded.config)), registry,
                          1, 1, all_healthy, nullptr, seal ? &*seal : nullptr);
  const auto request = control::describe(asked, *snapshot);
  if (!request) return complain(request.error());
  const core::ExplainSource source{.seal = seal ? &*seal : nullptr, .wall_now = real_world().now};
  const core::Explanation explanation = core::explain(*snapshot, *request, source);
  return tell(flags.json ? control::explain_json(explanation) : control::explain_text(explanation));
}

// What a problem says of itself.
std::string words_of(const http::Fetched& answer) {
  const auto problem = nlohmann::json::parse(answer.body, nullptr, false);
  const auto text = [&](const char* name) {
    return problem.is_object() && problem.contains(name) && problem[name].is_string()
               ? problem[name].get<std::string>()
               : std::string();
  };
  if (!text("detail").empty()) return text("detail");
  if (!text("title").empty()) return text("title");
  return fmt::format("the instance answered with {}", answer.status);
}

int explain_live(const ExplainFlags& flags, const control::AskedRequest& asked) {
  const auto admin = Address::parse(flags.admin);
  if (!admin) {
    fmt::print(stderr, "fairlead explain: --admin {}: {}\n", flags.admin, admin.error());
    return kUsage;
  }
  net::KernelNetwork network;
  Result<http::Fetched> fetched;
  const auto ask_and_stop = [&]() -> net::Task<void> {
    http::FetchRequest request{
        .method = "POST",
        .path = fmt::format("/api/v1/explain?format={}", flags.json ? "json" : "text"),
        .fields = {{"content-type", "application/json"}},
        .body = control::to_json(asked)};
    fetched = co_await http::fetch(network, *admin, std::move(request), network.now() + kPatience,
                                   kMostBody);
    network.stop();
  };
  net::Scope scope;
  scope.spawn(ask_and_stop());
  if (!scope.empty()) network.run();
  if (!fetched)
    return complain(fmt::format("nothing answers at {}: {}", flags.admin, fetched.error().detail));
  if (fetched->status != 200) return complain(words_of(*fetched));
  return tell(fetched->body);
}

}  // namespace

int explain(const ExplainFlags& flags) {
  const auto asked = asked_of(flags);
  if (!asked) {
    fmt::print(stderr, "fairlead explain: {}\n", asked.error());
    return kUsage;
  }
  return flags.config.empty() ? explain_live(flags, *asked) : explain_file(flags, *asked);
}

}  // namespace fairlead::app

#include "proxy/explain_field.h"

#include <fmt/format.h>

#include <algorithm>

namespace fairlead::proxy {

std::string explain_field(const core::ListenerConfig& listener, const core::Route* route,
                          const core::Pool* pool, const core::Backend* backend,
                          std::string_view reason) {
  std::string text = fmt::format("listener={}", listener.name);
  if (route) text += fmt::format("; route={}", route->config->name);
  if (pool) text += fmt::format("; pool={}", pool->config().name);
  if (backend) text += fmt::format("; backend={}", backend->text());
  text += fmt::format("; reason={}", reason);
  std::ranges::replace_if(text, [](char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

std::string pick_reason(const core::Pool& pool, uint32_t attempt) {
  const auto& members = pool.snapshot().members;
  const auto eligible =
      std::ranges::count_if(members, [](const core::Member& member) { return member.eligible; });
  std::string text =
      fmt::format("{} among {} of {}", pool.config().balance.algorithm, eligible, members.size());
  if (attempt > 1) text += fmt::format(", attempt {}", attempt);
  return text;
}

}  // namespace fairlead::proxy

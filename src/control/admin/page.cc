// GET /: the pools in one plain page, without scripts; it loads itself again every five seconds.
#include <fmt/format.h>

#include <iterator>

#include "control/admin/call.h"
#include "core/totals.h"

namespace fairlead::control {
namespace {

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width"><title>Fairlead</title><style>
:root{color-scheme:light dark}
body{font:15px/1.45 system-ui,sans-serif;margin:1.5rem auto;max-width:72rem;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin-bottom:1.5rem}
th,td{text-align:left;padding:.3rem .7rem .3rem 0;border-bottom:1px solid #8884}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
h2{font-size:1.1rem;margin:.8rem 0 .2rem}
.healthy{color:#080}.unhealthy,.ejected{color:#c00}.degraded,.checking,.draining,.disabled{color:#a60}
@media (prefers-color-scheme:dark){.healthy{color:#6d6}.unhealthy,.ejected{color:#f77}.degraded,.checking,.draining,.disabled{color:#fb5}}
</style></head><body>
)";

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string age_text(Duration age) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
  return fmt::format("{} d {} h", seconds / 86400, seconds % 86400 / 3600);
}

void write_backend(const AdminParts& parts, const core::Member& member, std::string& page) {
  const core::Backend& backend = *member.backend;
  const HealthEntry* entry = parts.controller.health().find(backend.id());
  if (!entry) return;
  const core::BackendTotals totals = core::totals_of(backend.tally());
  uint64_t requests = 0;
  for (const auto& [code, count] : totals.requests) requests += count;
  uint64_t errors = 0;
  for (const uint64_t count : totals.errors) errors += count;
  fmt::format_to(std::back_inserter(page),
                 "<tr><td>{0}</td><td class=\"{1}\">{1}</td><td>{2}</td><td class=\"n\">{3}</td>"
                 "<td class=\"n\">{4}</td><td class=\"n\">{5}</td><td class=\"n\">{6}</td>"
                 "<td class=\"n\">{7:.1f} ms</td><td>{8}</td></tr>\n",
                 escape(backend.text()), core::name_of(entry->health.state()),
                 age_text(parts.network.now() - entry->health.since()), member.weight,
                 backend.active(), requests, errors,
                 to_seconds(totals.latency.percentile(0.99)) * 1000,
                 escape(entry->health.reason()));
}

void write_pool(const AdminParts& parts, const core::PoolSnapshot& pool, std::string& page) {
  fmt::format_to(
      std::back_inserter(page),
      "<h2>{}</h2><table><tr><th>backend</th><th>state</th><th>for</th><th class=\"n\">weight</th>"
      "<th class=\"n\">active</th><th class=\"n\">requests</th><th class=\"n\">errors</th>"
      "<th class=\"n\">p99</th><th>reason</th></tr>\n",
      escape(pool.config->name));
  for (const core::Member& member : pool.members) write_backend(parts, member, page);
  page += "</table>\n";
}

http::Answer answer(const AdminParts& parts, const AdminRequest&) {
  http::Answer answer;
  answer.content_type = "text/html; charset=utf-8";
  answer.body = kHead;
  fmt::format_to(
      std::back_inserter(answer.body), "<h1>Fairlead {}</h1><p>up for {}, configuration {}{}</p>\n",
      escape(parts.version), age_text(parts.network.now() - parts.started_at),
      parts.controller.generation(), parts.controller.is_draining() ? ", <b>draining</b>" : "");
  if (const auto& snapshot = parts.controller.snapshot()) {
    for (const auto& pool : snapshot->pools) write_pool(parts, *pool, answer.body);
  }
  answer.body +=
      "<p><a href=\"/api/v1/status\">status</a> <a href=\"/api/v1/pools\">pools</a> "
      "<a href=\"/api/v1/events\">events</a> <a href=\"/api/v1/config\">configuration</a> "
      "<a href=\"/metrics\">metrics</a></p></body></html>\n";
  return answer;
}

}  // namespace

AdminCall page_call();
AdminCall page_call() { return {"GET", "/", &answer}; }

}  // namespace fairlead::control

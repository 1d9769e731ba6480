// GET /metrics: every number in the Prometheus text format, with the names of docs/admin.md.
//
// Everything is added up once a scrape, over all workers; what two routes share is told once.
#include <fmt/format.h>

#include <map>
#include <set>
#include <vector>

#include "base/certificate.h"
#include "control/admin/call.h"
#include "control/admin/metrics_text.h"
#include "control/process_use.h"
#include "core/totals.h"

namespace fairlead::control {
namespace {

using enum MetricType;

// What is told of, in the order of the configuration, without doubles.
struct Subjects {
  std::vector<const core::ListenerSnapshot*> listeners;
  struct OneRoute {
    const core::RouteSeries* series;
    core::RouteTotals totals;
    bool is_side;  // of a split, beside the route's own
  };
  std::vector<OneRoute> routes;
  std::vector<const core::PoolSnapshot*> pools;
  struct OneBackend {
    const core::Member* member;
    core::BackendTotals totals;
    const HealthEntry* entry;  // null: not known any more
    const std::string& pool() const { return member->backend->pool(); }
    const std::string& text() const { return member->backend->text(); }
  };
  std::vector<OneBackend> backends;
};

void add_route(const core::RouteSeries& series, bool is_side, std::set<const void*>& seen,
               Subjects& subjects) {
  if (!seen.insert(&series).second) return;
  subjects.routes.push_back({&series, core::totals_of(series.tally), is_side});
}

void add_routes(const core::Snapshot& snapshot, const core::ListenerSnapshot& listener,
                std::set<const void*>& seen, Subjects& subjects) {
  subjects.routes.push_back(
      {listener.unrouted.get(), core::totals_of(listener.unrouted->tally), false});
  for (const core::Route& route : listener.router.routes()) {
    add_route(*route.series, false, seen, subjects);
    if (!route.split) continue;
    for (const core::SplitPart& part : snapshot.splits[*route.split]->parts())
      add_route(*part.series, true, seen, subjects);
  }
}

void add_backends(const core::PoolSnapshot& pool, const HealthBook& book,
                  std::set<const void*>& seen, Subjects& subjects) {
  for (const core::Member& member : pool.members) {
    const core::Backend& backend = *member.backend;
    if (!seen.insert(&backend).second) continue;
    subjects.backends.push_back(
        {&member, core::totals_of(backend.tally()), book.find(backend.id())});
  }
}

Subjects subjects_of(const core::Snapshot& snapshot, const HealthBook& book) {
  Subjects subjects;
  std::set<const void*> seen;
  for (const auto& listener : snapshot.listeners) {
    subjects.listeners.push_back(listener.get());
    add_routes(snapshot, *listener, seen, subjects);
  }
  for (const auto& pool : snapshot.pools) {
    subjects.pools.push_back(pool.get());
    add_backends(*pool, book, seen, subjects);
  }
  return subjects;
}

void write_requests(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_requests_total", counter,
              "Requests by the status that the client was given.");
  for (const auto& [series, totals, is_side] : subjects.routes) {
    for (const auto& [code, count] : totals.requests) {
      text.sample({{"listener", series->listener},
                   {"route", series->route},
                   {"pool", series->pool},
                   {"code", code}},
                  count);
    }
  }
}

void write_shed(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_shed_total", counter,
              "Requests and connections that were refused because a worker's loop lagged.");
  for (const auto& [series, totals, is_side] : subjects.routes) {
    if (is_side) continue;  // it happens before a side is chosen
    text.sample({{"listener", series->listener}, {"route", series->route}}, totals.shed);
  }
}

void write_refused(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_route_refused_total", counter,
              "Requests that a route's own limits refused, or its maintenance answered.");
  for (const auto& [series, totals, is_side] : subjects.routes) {
    if (is_side) continue;
    const std::pair<std::string_view, uint64_t> reasons[] = {{"max_body", totals.body_too_large},
                                                             {"max_connections", totals.full},
                                                             {"maintenance", totals.maintained}};
    for (const auto& [reason, count] : reasons) {
      if (count == 0) continue;
      text.sample({{"listener", series->listener}, {"route", series->route}, {"reason", reason}},
                  count);
    }
  }
}

void write_mirrors(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_mirrored_total", counter,
              "Copies of requests for a mirror's pool, by what became of them.");
  for (const auto& [series, totals, is_side] : subjects.routes) {
    if (is_side) continue;
    for (size_t i = 0; i < core::kMirrored; ++i) {
      if (totals.mirrored[i] == 0) continue;
      text.sample({{"listener", series->listener},
                   {"route", series->route},
                   {"result", core::name_of(core::Mirrored(i))}},
                  totals.mirrored[i]);
    }
  }
}

void write_route_active(const core::Snapshot& snapshot, MetricsText& text) {
  text.family("fairlead_route_active", gauge,
              "Requests under way on a route that has max_connections.");
  for (const auto& listener : snapshot.listeners) {
    for (const core::Route& route : listener->router.routes()) {
      if (route.config->max_connections == 0) continue;
      text.sample({{"listener", route.series->listener}, {"route", route.series->route}},
                  uint64_t{route.series->active.load(std::memory_order_relaxed)});
    }
  }
}

void write_durations(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_request_duration_seconds", histogram,
              "From the first byte of a request to the last byte of its response.");
  for (const auto& [series, totals, is_side] : subjects.routes) {
    const std::string& listener = series->listener;
    const std::string& route = series->route;
    const std::string& pool = series->pool;
    const auto bucket = [&](const std::string& le, uint64_t count) {
      text.sample({{"listener", listener}, {"route", route}, {"pool", pool}, {"le", le}}, count,
                  "_bucket");
    };
    for (const Duration bound : core::metric_bounds())
      bucket(fmt::format("{}", to_seconds(bound)), totals.duration.at_most(bound));
    bucket("+Inf", totals.duration.count());
    text.sample({{"listener", listener}, {"route", route}, {"pool", pool}},
                to_seconds(totals.duration.sum()), "_sum");
    text.sample({{"listener", listener}, {"route", route}, {"pool", pool}}, totals.duration.count(),
                "_count");
  }
}

void write_backend_counts(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_backend_requests_total", counter,
              "Requests by the status that the backend gave.");
  for (const auto& one : subjects.backends) {
    for (const auto& [code, count] : one.totals.requests) {
      text.sample({{"pool", one.pool()}, {"backend", one.text()}, {"code", code}}, count);
    }
  }
  text.family("fairlead_backend_errors_total", counter,
              "Attempts at a backend that failed, by kind.");
  for (const auto& one : subjects.backends) {
    for (size_t i = 0; i < core::kCodes; ++i) {
      if (one.totals.errors[i] == 0) continue;
      text.sample({{"pool", one.pool()}, {"backend", one.text()}, {"kind", name_of(Code(i))}},
                  one.totals.errors[i]);
    }
  }
  text.family("fairlead_backend_overtaken_total", counter,
              "Attempts that were given up because another backend was quicker with a hedge.");
  for (const auto& one : subjects.backends) {
    if (one.totals.overtaken == 0) continue;
    text.sample({{"pool", one.pool()}, {"backend", one.text()}}, one.totals.overtaken);
  }
  text.family("fairlead_backend_active", gauge, "Requests and connections at a backend now.");
  for (const auto& one : subjects.backends) {
    text.sample({{"pool", one.pool()}, {"backend", one.text()}},
                uint64_t{one.member->backend->active()});
  }
}

void write_backend_health(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_backend_state", gauge,
              "1 for the state that a backend is in, 0 for the others.");
  for (const auto& one : subjects.backends) {
    const core::State state = one.entry ? one.entry->health.state() : one.member->state;
    for (const core::State each : core::kStates) {
      text.sample({{"pool", one.pool()}, {"backend", one.text()}, {"state", core::name_of(each)}},
                  uint64_t{each == state});
    }
  }
  text.family("fairlead_health_checks_total", counter, "Probes by result.");
  for (const auto& one : subjects.backends) {
    if (!one.entry) continue;
    for (const Verdict verdict : kVerdicts) {
      text.sample({{"pool", one.pool()}, {"backend", one.text()}, {"result", name_of(verdict)}},
                  one.entry->checks[static_cast<size_t>(verdict)]);
    }
  }
}

void write_backend_shares(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_backend_weight", gauge, "The weight that a backend is given.");
  for (const auto& one : subjects.backends) {
    text.sample({{"pool", one.pool()}, {"backend", one.text()}}, uint64_t{one.member->weight});
  }
  text.family(
      "fairlead_backend_share", gauge,
      "How much of its weight counts now, from 0.1 to 1: less while degraded or warming up.");
  for (const auto& one : subjects.backends) {
    text.sample({{"pool", one.pool()}, {"backend", one.text()}}, one.member->share / 100.0);
  }
  text.family("fairlead_backend_ejections_total", counter,
              "How often a backend was ejected for what traffic met there, by reason.");
  for (const auto& one : subjects.backends) {
    for (size_t i = 0; one.entry && i < core::kEjectReasons; ++i) {
      const std::string_view reason = core::name_of(core::EjectReason(i));
      text.sample({{"pool", one.pool()}, {"backend", one.text()}, {"reason", reason}},
                  one.entry->ejections[i]);
    }
  }
}

void write_listeners(const Subjects& subjects, MetricsText& text) {
  std::map<std::string, core::ListenerTotals> all;
  for (const auto* listener : subjects.listeners) {
    all[listener->config->name] = core::totals_of(listener->series->tally);
  }
  text.family("fairlead_connections", gauge, "Open client connections.");
  for (const auto& [name, totals] : all) text.sample({{"listener", name}}, totals.connections);
  text.family("fairlead_connections_total", counter, "Client connections that were accepted.");
  for (const auto& [name, totals] : all) text.sample({{"listener", name}}, totals.opened);
  text.family("fairlead_connections_refused_total", counter,
              "Client connections that were closed at once, over max_connections.");
  for (const auto& [name, totals] : all) text.sample({{"listener", name}}, totals.refused);
  text.family("fairlead_bytes_total", counter, "Bytes from clients (in) and to clients (out).");
  for (const auto& [name, totals] : all) {
    text.sample({{"listener", name}, {"direction", "in"}}, totals.bytes_in);
    text.sample({{"listener", name}, {"direction", "out"}}, totals.bytes_out);
  }
}

// Of one side: that of listeners, or of pools.
struct TlsSide {
  std::string_view label;   // "listener"
  std::string_view prefix;  // of the families' names
  std::string_view with;    // whom: for the help
  std::map<std::string, core::TlsTotals> all = {};
};

void write_tls_side(const TlsSide& side, MetricsText& text) {
  const auto family = [&](std::string_view name, std::string_view help) {
    text.family(fmt::format("{}{}", side.prefix, name), counter,
                fmt::format(fmt::runtime(help), side.with));
  };
  family("_handshakes_total", "TLS handshakes with {} that came to their end, by version.");
  for (const auto& [name, totals] : side.all) {
    text.sample({{side.label, name}, {"version", "1.2"}}, totals.handshakes_1_2);
    text.sample({{side.label, name}, {"version", "1.3"}}, totals.handshakes_1_3);
  }
  family("_resumed_total", "Those of them that resumed a session.");
  for (const auto& [name, totals] : side.all) text.sample({{side.label, name}}, totals.resumed);
  family("_handshake_failures_total", "TLS handshakes with {} that came to nothing, by reason.");
  for (const auto& [name, totals] : side.all) {
    for (size_t i = 0; i < core::kCodes; ++i) {
      if (totals.failures[i] == 0) continue;
      text.sample({{side.label, name}, {"reason", name_of(Code(i))}}, totals.failures[i]);
    }
  }
}

void write_tls(const Subjects& subjects, MetricsText& text) {
  TlsSide listeners{"listener", "fairlead_tls", "clients"};
  for (const auto* listener : subjects.listeners) {
    if (listener->config->tls)
      listeners.all[listener->config->name] = core::totals_of(listener->series->tally).tls;
  }
  write_tls_side(listeners, text);
  TlsSide pools{"pool", "fairlead_pool_tls", "backends"};
  for (const auto* pool : subjects.pools) {
    if (pool->config->tls)
      pools.all[pool->config->name] = core::totals_of(pool->series->tally).tls;
  }
  write_tls_side(pools, text);
}

std::string_view name_of(const CertificateFacts& facts) {
  return facts.names.empty() ? facts.subject : facts.names.front();
}

void write_certificates(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_certificate_expiry_seconds", gauge,
              "When a certificate expires, in seconds since 1970.");
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto* listener : subjects.listeners) {
    if (!listener->config->tls) continue;
    for (const core::CertificateConfig& one : listener->config->tls->certificates) {
      if (!seen.emplace(listener->config->name, one.cert).second) continue;
      const CertificateFacts& facts = one.facts;
      text.sample({{"listener", listener->config->name},
                   {"certificate", one.cert},
                   {"name", name_of(facts)}},
                  to_seconds(facts.expires.time_since_epoch()));
    }
  }
  text.family("fairlead_pool_certificate_expiry_seconds", gauge,
              "When a certificate that backends are shown expires, in seconds since 1970.");
  for (const auto* pool : subjects.pools) {
    const auto& tls = pool->config->tls;
    if (!tls || tls->certificate.cert.empty()) continue;
    text.sample({{"pool", pool->config->name},
                 {"certificate", tls->certificate.cert},
                 {"name", name_of(tls->certificate.facts)}},
                to_seconds(tls->certificate.facts.expires.time_since_epoch()));
  }
}

// 0: it is not stapled.
void write_staples(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_ocsp_next_update_seconds", gauge,
              "Until when what is stapled to a certificate is good, in seconds since 1970; 0: "
              "nothing is stapled.");
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto* listener : subjects.listeners) {
    if (!listener->config->tls) continue;
    for (const core::CertificateConfig& one : listener->config->tls->certificates) {
      if (one.ocsp.empty() || !seen.emplace(listener->config->name, one.cert).second) continue;
      text.sample({{"listener", listener->config->name}, {"certificate", one.cert}},
                  to_seconds(one.staple_facts.expires.time_since_epoch()));
    }
  }
}

void write_pools(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_pool_basis", gauge,
              "1 for the kind of backends that get new work, 0 for the others.");
  for (const auto* pool : subjects.pools) {
    for (const core::Basis basis : core::kBases) {
      text.sample({{"pool", pool->config->name}, {"basis", core::name_of(basis)}},
                  uint64_t{pool->basis == basis});
    }
  }
  text.family("fairlead_retries_total", counter, "Further attempts at requests, hedges included.");
  for (const auto* pool : subjects.pools) {
    text.sample({{"pool", pool->config->name}}, core::totals_of(pool->series->tally).retries);
  }
  text.family("fairlead_retries_refused_total", counter,
              "Attempts that would have followed a failed one, but for the retry budget.");
  for (const auto* pool : subjects.pools) {
    text.sample({{"pool", pool->config->name}, {"reason", "budget"}},
                core::totals_of(pool->series->tally).unbudgeted);
  }
  text.family("fairlead_hedges_total", counter, "Second backends that were asked for a response.");
  for (const auto* pool : subjects.pools) {
    text.sample({{"pool", pool->config->name}}, core::totals_of(pool->series->tally).hedges);
  }
  text.family("fairlead_hedges_won_total", counter, "Those of them that answered first.");
  for (const auto* pool : subjects.pools) {
    text.sample({{"pool", pool->config->name}}, core::totals_of(pool->series->tally).hedges_won);
  }
  text.family("fairlead_pool_rejected_total", counter, "Requests for which no backend was usable.");
  for (const auto* pool : subjects.pools) {
    text.sample({{"pool", pool->config->name}}, core::totals_of(pool->series->tally).rejected);
  }
}

void write_queues(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_pool_queue", gauge,
              "Requests and connections that wait for a backend with room.");
  for (const auto* pool : subjects.pools) {
    text.sample({{"pool", pool->config->name}}, uint64_t{pool->series->line.waiting()});
  }
  text.family("fairlead_backend_limit", gauge,
              "Work that a backend may have at once, where max_connections is set.");
  for (const auto* pool : subjects.pools) {
    const uint32_t limit = pool->config->max_connections;
    if (limit == 0) continue;
    for (const core::Member& member : pool->members) {
      text.sample({{"pool", pool->config->name}, {"backend", member.backend->text()}},
                  uint64_t{member.backend->limit_of(limit)});
    }
  }
  text.family("fairlead_pool_queued_total", counter, "Those that had to wait.");
  for (const auto* pool : subjects.pools) {
    text.sample({{"pool", pool->config->name}}, core::totals_of(pool->series->tally).queued);
  }
  text.family("fairlead_pool_queue_refused_total", counter,
              "Those answered 503: too many waited already (full), or none had room in time "
              "(timeout).");
  for (const auto* pool : subjects.pools) {
    const core::PoolTotals totals = core::totals_of(pool->series->tally);
    text.sample({{"pool", pool->config->name}, {"reason", "full"}}, totals.queue_full);
    text.sample({{"pool", pool->config->name}, {"reason", "timeout"}}, totals.queue_timeout);
  }
}

void write_pool_errors(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_pool_errors_total", counter,
              "Attempts that failed by no backend's and no client's fault, by kind.");
  for (const auto* pool : subjects.pools) {
    const core::ErrorTotals errors = core::totals_of(pool->series->tally).errors;
    for (size_t i = 0; i < core::kCodes; ++i) {
      if (errors[i] == 0) continue;
      text.sample({{"pool", pool->config->name}, {"kind", name_of(Code(i))}}, errors[i]);
    }
  }
}

void write_sticky(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_sticky_total", counter,
              "Responses of sticky pools, by what became of their clients' places.");
  const auto is_sticky = [](const auto* pool) { return pool->config->sticky.on(); };
  const auto learns = [](const auto* pool) {
    return pool->config->sticky.kind == core::StickyConfig::Kind::learn;
  };
  for (const auto* pool : subjects.pools) {
    if (!is_sticky(pool)) continue;
    const core::PoolTotals totals = core::totals_of(pool->series->tally);
    for (const core::Stuck stuck : core::kStucks) {
      text.sample({{"pool", pool->config->name}, {"result", core::name_of(stuck)}},
                  totals.sticky[static_cast<size_t>(stuck)]);
    }
  }
  text.family("fairlead_sticky_sessions", gauge,
              "Sessions of an application whose backend is known.");
  for (const auto* pool : subjects.pools) {
    if (learns(pool))
      text.sample({{"pool", pool->config->name}}, uint64_t{pool->series->learned.size()});
  }
  text.family("fairlead_sticky_evicted_total", counter,
              "Those that were forgotten to make room for others.");
  for (const auto* pool : subjects.pools) {
    if (learns(pool)) text.sample({{"pool", pool->config->name}}, pool->series->learned.evicted());
  }
}

void write_split(const core::Snapshot& snapshot, MetricsText& text) {
  text.family("fairlead_split_weight", gauge, "Weight of a pool in a route's split, as it acts.");
  for (const auto& split : snapshot.splits) {
    for (const core::SplitPart& part : split->parts()) {
      text.sample({{"listener", split->listener()}, {"route", split->route()}, {"pool", part.name}},
                  uint64_t{part.weight});
    }
  }
}

// Only pools whose algorithm has a table: equal digests on two instances mean that both send every
// key to the same backend.
void write_tables(const Subjects& subjects, MetricsText& text) {
  text.family("fairlead_pool_table_info", gauge,
              "1, with the digest of the table by which a pool's keys are placed.");
  for (const auto* pool : subjects.pools) {
    if (!pool->plan) continue;
    text.sample({{"pool", pool->config->name},
                 {"balance", pool->config->balance.algorithm},
                 {"digest", core::digest_text(*pool->plan)}},
                uint64_t{1});
  }
}

void write_lags(const AdminParts& parts, MetricsText& text) {
  if (!parts.loop_lags) return;
  text.family("fairlead_loop_lag_seconds", gauge,
              "How long the last turn of a worker's loop took.");
  const auto lags = parts.loop_lags();
  for (size_t i = 0; i < lags.size(); ++i) {
    const std::string worker = std::to_string(i);
    text.sample({{"worker", worker}}, to_seconds(lags[i]));
  }
}

void write_process(const AdminParts& parts, MetricsText& text) {
  const ProcessUse use = process_use();
  text.family("fairlead_cpu_seconds_total", counter,
              "Processor time of this process, user and system.");
  text.sample({}, to_seconds(use.cpu));
  text.family("fairlead_resident_memory_bytes", gauge, "Memory of this process that is in RAM.");
  text.sample({}, use.resident_bytes);
  text.family("fairlead_open_descriptors", gauge, "Open files and sockets of this process.");
  text.sample({}, use.open_descriptors);
  text.family("fairlead_start_time_seconds", gauge, "When this process was started, since 1970.");
  text.sample({}, to_seconds(parts.started.time_since_epoch()));
  text.family("fairlead_config_generation", gauge,
              "Generation of the configuration that acts; 1 at the start.");
  text.sample({}, parts.controller.generation());
  text.family("fairlead_build_info", gauge, "1, with the version of this program.");
  text.sample({{"version", parts.version}}, uint64_t{1});
  write_lags(parts, text);
  if (parts.log_dropped) {
    text.family(
        "fairlead_log_dropped_total", counter,
        "Lines of any log that were lost: its queue was full, or its file could not be written.");
    text.sample({}, parts.log_dropped());
  }
}

http::Answer answer(const AdminParts& parts, const AdminRequest&) {
  MetricsText text;
  write_process(parts, text);
  if (const auto& snapshot = parts.controller.snapshot()) {
    const Subjects subjects = subjects_of(*snapshot, parts.controller.health());
    write_requests(subjects, text);
    write_durations(subjects, text);
    write_shed(subjects, text);
    write_refused(subjects, text);
    write_mirrors(subjects, text);
    write_route_active(*snapshot, text);
    write_listeners(subjects, text);
    write_tls(subjects, text);
    write_certificates(subjects, text);
    write_staples(subjects, text);
    write_backend_counts(subjects, text);
    write_backend_health(subjects, text);
    write_backend_shares(subjects, text);
    write_pools(subjects, text);
    write_queues(subjects, text);
    write_sticky(subjects, text);
    write_split(*snapshot, text);
    write_pool_errors(subjects, text);
    write_tables(subjects, text);
  }
  http::Answer answer;
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = text.take();
  return answer;
}

}  // namespace

AdminCall metrics_call();
AdminCall metrics_call() { return {"GET", "/metrics", &answer}; }

}  // namespace fairlead::control

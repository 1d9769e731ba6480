#include "control/status_report.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "control/json_at.h"
#include "control/order_report.h"
#include "control/text_table.h"

namespace fairlead::control {
namespace {

using nlohmann::json;

std::string count_text(double count) { return fmt::format("{:.0f}", count); }

std::string span_text(double seconds) {
  if (seconds < 1) return fmt::format("{:.1f} ms", seconds * 1000);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 172800) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} d", seconds / 86400);
}

std::string age_text(double seconds) { return seconds < 1 ? "0 s" : span_text(seconds); }

std::string_view colour_of(std::string_view state, Colour colour) {
  if (colour == Colour::off) return {};
  if (state == "healthy") return "32";
  return state == "unhealthy" || state == "ejected" ? "31" : "33";
}

double sum_of(const json& counts) {
  double sum = 0;
  for (const json& count : counts) sum += count.is_number() ? count.get<double>() : 0;
  return sum;
}

// Why it is as it is, its drain's count-down, and a weight that is not the file's.
std::string reason_of(const json& backend) {
  const auto drain = backend.find("drain");
  const std::string reason =
      reason_with_drain(text_at(backend, "reason"), drain == backend.end() ? json() : *drain);
  if (!backend.contains("file_weight")) return reason;
  return fmt::format("{} (weight {:.0f} by order, {:.0f} in the file)", reason,
                     number_at(backend, "weight"), number_at(backend, "file_weight"));
}

void add_backend(const std::string& pool, const json& backend, Colour colour, TextTable& table) {
  const json latency = object_at(backend, "latency");
  const bool measured = number_at(latency, "count") > 0;
  const std::string state = text_at(backend, "state");
  const auto latency_text = [&](const char* name) {
    return measured ? span_text(number_at(latency, name)) : "-";
  };
  table.add({{pool},
             {text_at(backend, "address")},
             {state, colour_of(state, colour)},
             {age_text(number_at(backend, "since_seconds"))},
             {count_text(number_at(backend, "active"))},
             {count_text(number_at(backend, "requests_total"))},
             {count_text(sum_of(object_at(backend, "errors")))},
             {latency_text("p50_seconds")},
             {latency_text("p99_seconds")},
             {reason_of(backend)}});
}

// Those that a reload took out while they were at work.
void add_leaving(const json& leaving, Colour colour, TextTable& table) {
  const json drain = object_at(leaving, "drain");
  const std::string left = count_text(number_at(drain, "left"));
  table.add({{text_at(leaving, "pool")},
             {text_at(leaving, "address")},
             {"removed", colour_of("draining", colour)},
             {"-"},
             {left},
             {"-"},
             {"-"},
             {"-"},
             {"-"},
             {reason_with_drain("no longer in the file", drain)}});
}

std::string table_of(const json& pools, Colour colour) {
  using enum TextTable::Side;
  TextTable table({{"POOL"},
                   {"BACKEND"},
                   {"STATE"},
                   {"SINCE", right},
                   {"ACTIVE", right},
                   {"REQUESTS", right},
                   {"ERRORS", right},
                   {"P50", right},
                   {"P99", right},
                   {"REASON"}});
  for (const json& pool : list_at(pools, "pools")) {
    if (!pool.is_object()) continue;
    for (const json& backend : list_at(pool, "backends")) {
      if (backend.is_object()) add_backend(text_at(pool, "name"), backend, colour, table);
    }
  }
  for (const json& leaving : list_at(pools, "leaving")) {
    if (leaving.is_object()) add_leaving(leaving, colour, table);
  }
  return table.text();
}

std::string listeners_of(const json& status) {
  TextTable table(
      {{"LISTENER"}, {"PROTOCOL"}, {"ADDRESS"}, {"CONNECTIONS", TextTable::Side::right}});
  for (const json& listener : list_at(status, "listeners")) {
    if (!listener.is_object()) continue;
    std::string addresses;
    for (const json& address : list_at(listener, "addresses")) {
      if (!addresses.empty()) addresses += ", ";
      if (address.is_string()) addresses += address.get<std::string>();
    }
    table.add(
        {{text_at(listener, "name")},
         {text_at(listener, "protocol") + (listener.contains("certificates") ? " (TLS)" : "")},
         {addresses},
         {count_text(number_at(listener, "connections"))}});
  }
  return table.text();
}

std::string names_of(const json& certificate) {
  std::string names;
  for (const json& name : list_at(certificate, "names")) {
    if (!names.empty()) names += ", ";
    if (name.is_string()) names += name.get<std::string>();
  }
  return names;
}

// Empty where no listener has any.
std::string certificates_of(const json& status) {
  TextTable table({{"LISTENER"}, {"CERTIFICATE"}, {"KEY"}, {"EXPIRES"}, {"NAMES"}});
  bool any = false;
  for (const json& listener : list_at(status, "listeners")) {
    if (!listener.is_object()) continue;
    for (const json& one : list_at(listener, "certificates")) {
      if (!one.is_object()) continue;
      any = true;
      table.add({{text_at(listener, "name")},
                 {text_at(one, "certificate")},
                 {text_at(one, "key")},
                 {text_at(one, "expires").substr(0, 10)},
                 {names_of(one)}});
    }
  }
  return any ? table.text() + "\n" : std::string();
}

std::string workers_text(double count) {
  return fmt::format("{:.0f} worker{}", count, count == 1 ? "" : "s");
}

std::string connections_text(double count) {
  return fmt::format("{:.0f} connection{}", count, count == 1 ? "" : "s");
}

std::string headline_of(const json& status) {
  const json drain = object_at(status, "drain");
  std::string draining;
  if (drain.contains("left")) {
    std::string oldest;
    if (drain.contains("oldest_seconds"))
      oldest = fmt::format(", the oldest work for {:.0f} s", number_at(drain, "oldest_seconds"));
    draining = fmt::format(", draining: {} left{}, {:.0f} s to go",
                           connections_text(number_at(drain, "left")), oldest,
                           number_at(drain, "seconds_left"));
  }
  return fmt::format("Fairlead {}, pid {:.0f}, up {}, configuration {:.0f}, {}{}\n",
                     text_at(status, "version"), number_at(status, "pid"),
                     age_text(number_at(status, "uptime_seconds")), number_at(status, "generation"),
                     workers_text(number_at(status, "workers")), draining);
}

}  // namespace

std::expected<std::string, std::string> status_report(std::string_view status_text,
                                                      std::string_view pools_text, Colour colour) {
  const json status = json::parse(status_text, nullptr, false);
  const json pools = json::parse(pools_text, nullptr, false);
  if (!status.is_object() || !pools.is_object() || !status.contains("generation") ||
      !pools.contains("pools")) {
    return std::unexpected("the answer is not that of a Fairlead instance");
  }
  return headline_of(status) + "\n" + listeners_of(status) + "\n" + certificates_of(status) +
         table_of(pools, colour);
}

}  // namespace fairlead::control

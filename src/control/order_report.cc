#include "control/order_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "control/json_at.h"

namespace fairlead::control {
namespace {

using nlohmann::json;

constexpr unsigned kMostWeight = 1000;  // as in the file

std::string drain_text(const json& backend) {
  const auto drain = backend.find("drain");
  return reason_with_drain(text_at(backend, "reason"), drain == backend.end() ? json() : *drain);
}

std::string weight_text(const json& backend) {
  const std::string weight = fmt::format("weight {:.0f}", number_at(backend, "weight"));
  if (!backend.contains("file_weight")) return weight;
  return fmt::format("{} (the file says {:.0f})", weight, number_at(backend, "file_weight"));
}

}  // namespace

std::string reason_with_drain(std::string_view reason, const json& drain) {
  if (!drain.is_object()) return std::string(reason);
  const auto drained = drain.find("drained");
  if (drained != drain.end() && *drained == true) return std::string(reason);
  std::string left = fmt::format("{:.0f} left", number_at(drain, "left"));
  if (drain.contains("oldest_seconds"))
    left += fmt::format(", the oldest for {:.0f} s", number_at(drain, "oldest_seconds"));
  return fmt::format("{}; {}, {:.0f} s to go", reason, left, number_at(drain, "seconds_left"));
}

std::expected<std::string, std::string> order_body(std::string_view verb, std::string_view value) {
  if (verb == "weight") {
    if (value == "file") return R"({"weight": null})";
    unsigned weight = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), weight);
    const bool whole = error == std::errc() && end == value.data() + value.size();
    if (whole && weight <= kMostWeight) return fmt::format(R"({{"weight": {}}})", weight);
    return std::unexpected("give a weight: 0 to 1000, or `file` for that of the file");
  }
  if (!value.empty()) return std::unexpected(fmt::format("`{}` is one word too many", value));
  if (verb == "drain") return R"({"state": "draining"})";
  if (verb == "disable") return R"({"state": "disabled"})";
  if (verb == "enable") return R"({"state": "enabled"})";
  return std::unexpected("there is no such order; drain, enable, disable or weight");
}

std::expected<std::string, std::string> split_body(std::span<const std::string> weights) {
  if (weights.size() == 1 && weights[0] == "file") return R"({"split": null})";
  json split = json::object();
  for (const std::string& each : weights) {
    const size_t equals = each.rfind('=');
    const std::string pool = each.substr(0, equals);
    uint32_t weight = 0;
    const char* const first = each.data() + std::min(equals, each.size() - 1) + 1;
    const char* const last = each.data() + each.size();
    const auto [end, error] = std::from_chars(first, last, weight);
    if (equals == each.npos || pool.empty() || error != std::errc() || end != last)
      return std::unexpected(
          fmt::format("`{}` is no POOL=WEIGHT, such as canary=20; or `file` alone", each));
    if (split.contains(pool))
      return std::unexpected(fmt::format("`{}` is given two weights", pool));
    split[pool] = weight;
  }
  if (split.empty()) return std::unexpected("give a weight, such as canary=20");
  return json{{"split", split}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

OrderReport split_report(std::string_view body) {
  const json answer = json::parse(body, nullptr, false);
  if (!answer.is_object() || !answer.contains("routes")) return {};
  std::string text;
  for (const json& route : list_at(answer, "routes")) {
    text += fmt::format("{} of {}:", text_at(route, "name"), text_at(route, "listener"));
    bool by_order = false;
    std::string file;
    for (const json& side : list_at(route, "split")) {
      text += fmt::format(" {}={:.0f} ({:.3g} %)", text_at(side, "pool"), number_at(side, "weight"),
                          number_at(side, "portion") * 100);
      file += fmt::format(" {}={:.0f}", text_at(side, "pool"), number_at(side, "file_weight"));
      by_order = by_order || number_at(side, "weight") != number_at(side, "file_weight");
    }
    text += by_order ? fmt::format("; the file says{}\n", file) : "\n";
  }
  return text;
}

OrderReport order_report(std::string_view body) {
  const json backend = json::parse(body, nullptr, false);
  if (!backend.is_object() || !backend.contains("address")) return {};
  std::string text =
      fmt::format("{} {}: {}, {}: {}\n", text_at(backend, "pool"), text_at(backend, "address"),
                  text_at(backend, "state"), weight_text(backend), drain_text(backend));
  const std::string warning = text_at(backend, "warning");
  if (!warning.empty()) text += "warning: " + warning + "\n";
  return text;
}

OrderReport reload_report(std::string_view body) {
  const json reload = json::parse(body, nullptr, false);
  if (!reload.is_object() || !reload.contains("generation")) return {};
  return fmt::format("configuration {:.0f} acts\n", number_at(reload, "generation"));
}

OrderReport refusal_report(std::string_view body) {
  const json problem = json::parse(body, nullptr, false);
  if (!problem.is_object() || !problem.contains("title")) return {};
  const std::string detail = text_at(problem, "detail");
  std::string text = text_at(problem, "text");
  if (!text.empty() && text.back() != '\n') text += "\n";
  return text + fmt::format("fairlead: {}{}{}\n", text_at(problem, "title"),
                            detail.empty() ? "" : ": ", detail);
}

}  // namespace fairlead::control

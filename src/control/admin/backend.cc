// PATCH /api/v1/pools/{pool}/backends/{address}: {"state": "draining", "weight": 5}: orders.
//
//   state   "draining" (finish what runs, no more), "disabled" (the same, and no probes),
//           "enabled" (whatever probes and traffic say of it)
//   weight  0 to 1000; null: that of the file again
//
// All of the body is checked before any of it acts. Answers with the backend as it is then, and
// with a warning where nobody is left in its pool.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/admin/pools.h"
#include "core/config/words.h"

namespace fairlead::control {
namespace {

constexpr uint32_t kMostWeight = 1000;  // as in the file
constexpr std::string_view kAllowed =
    R"({"state": "draining", "disabled" or "enabled", "weight": 0 to 1000, or null for the file's})";

struct Orders {
  std::optional<core::Order> state;
  std::optional<std::optional<uint32_t>> weight;  // within: nothing is that of the file
};
using Refused = std::unexpected<http::Answer>;

Refused wrong_body(const std::string& why) {
  return Refused(http::problem(400, "wrong-body", "The body is no order for a backend",
                               fmt::format("{}; allowed: {}", why, kAllowed)));
}

std::expected<core::Order, http::Answer> state_of(const Json& value) {
  if (value == "draining") return core::Order::drain;
  if (value == "disabled") return core::Order::disable;
  if (value == "enabled") return core::Order::enable;
  return wrong_body("`state` is none of its words");
}

std::expected<std::optional<uint32_t>, http::Answer> weight_of(const Json& value) {
  if (value.is_null()) return std::nullopt;
  const bool whole = value.is_number_unsigned() && value.get<uint64_t>() <= kMostWeight;
  if (!whole) return wrong_body("`weight` is no whole number from 0 to 1000");
  return value.get<uint32_t>();
}

std::expected<Orders, http::Answer> orders_of(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return wrong_body("it is no JSON object");
  Orders orders;
  for (const auto& [key, value] : json.items()) {
    if (key == "state") {
      const auto state = state_of(value);
      if (!state) return Refused(state.error());
      orders.state = *state;
    } else if (key == "weight") {
      const auto weight = weight_of(value);
      if (!weight) return Refused(weight.error());
      orders.weight = *weight;
    } else {
      return wrong_body(fmt::format("{} is unknown", core::ticked(key)));
    }
  }
  if (json.empty()) return wrong_body("it says nothing");
  return orders;
}

http::Answer no_such(std::string_view kind, const std::string& said,
                     const std::vector<std::string>& known) {
  return http::problem(404, fmt::format("no-{}", kind), fmt::format("There is no such {}", kind),
                       fmt::format("{} is unknown; {}known: {}", core::ticked(said),
                                   core::did_you_mean(said, known), core::enumerate(known, "and")));
}

const core::PoolSnapshot* pool_named(const core::Snapshot& snapshot, std::string_view name) {
  const auto index = core::find_pool(snapshot, name);
  return index ? snapshot.pools[*index].get() : nullptr;
}

http::Answer no_such_pool(const core::Snapshot& snapshot, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& pool : snapshot.pools) known.push_back(pool->config->name);
  return no_such("pool", name, known);
}

const core::Member* find_member(const core::PoolSnapshot& pool, std::string_view address) {
  const auto parsed = Address::parse(address);
  for (const core::Member& member : pool.members) {
    const core::Backend& backend = *member.backend;
    if (backend.text() == address || (parsed && backend.address() == *parsed)) return &member;
  }
  return nullptr;
}

http::Answer no_such_backend(const core::PoolSnapshot& pool, const std::string& address) {
  constexpr size_t kMostNamed = 20;
  std::vector<std::string> known;
  for (const core::Member& member : pool.members) known.push_back(member.backend->text());
  const auto near = core::nearest(address, known);
  if (known.size() > kMostNamed) known.resize(kMostNamed);
  if (near && !core::contains(known, *near)) known.push_back(*near);
  return no_such("backend", address, known);
}

void obey(const AdminParts& parts, uint32_t backend, const Orders& orders) {
  if (orders.weight) parts.controller.order_weight(backend, *orders.weight);
  if (orders.state) parts.controller.order(backend, *orders.state);
}

http::Answer done(const AdminParts& parts, const std::string& name, uint32_t backend) {
  const core::PoolSnapshot& pool = *pool_named(*parts.controller.snapshot(), name);
  const auto member = std::ranges::find(pool.members, backend,
                                        [](const core::Member& one) { return one.backend->id(); });
  Json json = {{"pool", name}};
  json.update(json_of(parts, *member));
  if (pool.basis == core::Basis::none) {
    json["warning"] =
        fmt::format("no usable backend is left in pool `{}`: requests are answered with 503", name);
  }
  return json_answer(json);
}

http::Answer answer(const AdminParts& parts, const AdminRequest& request) {
  const auto snapshot = parts.controller.snapshot();
  if (!snapshot) return http::problem(503, "starting", "No configuration acts yet");
  const std::string& name = request.arguments[0];
  const core::PoolSnapshot* pool = pool_named(*snapshot, name);
  if (!pool) return no_such_pool(*snapshot, name);
  const core::Member* member = find_member(*pool, request.arguments[1]);
  if (!member) return no_such_backend(*pool, request.arguments[1]);
  const auto orders = orders_of(request.body);
  if (!orders) return orders.error();
  const uint32_t id = member->backend->id();
  obey(parts, id, *orders);
  return done(parts, name, id);
}

}  // namespace

AdminCall backend_call();
AdminCall backend_call() { return {"PATCH", "/api/v1/pools/{}/backends/{}", &answer}; }

}  // namespace fairlead::control

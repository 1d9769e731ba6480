// Explanation: why a request goes where it goes, as a value.
//
// Made by explain(), from the same functions that the data path runs; shown as text or JSON by
// control/explain_report. A request that nothing is done for has one too: which listener, route or
// backend was missing is the point of asking.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/explain/described_request.h"
#include "core/snapshot.h"

namespace fairlead::core {

// A route or listener that was looked at.
struct Considered {
  std::string name;
  Place place;
  std::string why;  // why it was taken, or what was in the way: "path /a is not /api/*"
};

struct ExplainedMember {
  std::string address;
  State state = State::checking;
  uint32_t weight = 1;
  uint32_t share = 100;  // percent of its weight that counts now
  double portion = 0;    // of the pool's new work that is meant for it, 0 to 1 (core/tiers)
  uint32_t tier = 0;
  std::string zone;
  bool backup = false;
  uint32_t active = 0;
  std::optional<Duration> average;  // response time, where the algorithm goes by it and it is known
  std::optional<double> compared;   // the number that the algorithm compares
  std::optional<uint32_t> most;     // active ones that a bounded load allows
  std::optional<uint32_t> limit;    // and that the pool's max_connections does
  Use use = Use::state;             // `used` where it is eligible
  bool taken = false;
  double chance = 0;  // the share of such requests that would go here now, 0 to 1
  std::string why;    // why taken or not
};

// What the request is kept together by.
struct ExplainedKey {
  std::string wanted;  // "cookie:session_id", as it is configured
  std::string source;  // the same, or the fallback where the request has no such thing
  std::string value;   // what the request has there
  bool present = false;
  bool by_fallback = false;
  uint64_t hash = 0;
};

// Where the client is kept in a pool with `sticky`.
struct ExplainedSticky {
  std::string cookie;    // its name
  bool learned = false;  // the application's own
  bool kept = false;     // and taken there
  std::string why;
};

// One pool of a split.
struct ExplainedSide {
  std::string pool;
  uint32_t weight = 0;
  double portion = 0;  // of those that are usable, 0 to 1
  bool usable = true;  // its pool has somebody to send work to
  bool taken = false;
};

struct ExplainedSplit {
  std::optional<ExplainedKey> key;  // nothing: by chance
  std::vector<ExplainedSide> sides;
};

struct ExplainedPool {
  std::string name;
  Place place;
  std::string algorithm;
  Reasoning reasoning;  // its numbers stand in the members
  Basis basis = Basis::none;
  uint32_t subset = 0;  // backends that one instance uses; 0: all
  std::string tls;      // how it is spoken with the backends; empty: it is not
  std::optional<ExplainedKey> key;
  std::optional<ExplainedSticky> sticky;
  std::vector<ExplainedMember> members;  // in the order of the configuration
  std::optional<uint32_t> taken;         // among the members
  bool is_full = false;                  // those that may get work are at their max_connections
  uint32_t waiting = 0;                  // in line before this request
  QueueConfig queue;
};

struct Explanation {
  enum class Action : uint8_t { none, pool, split, redirect, respond, maintenance };

  DescribedRequest request;
  bool live = false;  // of a running instance; else of a fresh start, all backends healthy
  uint64_t generation = 0;
  std::vector<Considered> other_listeners;  // those that were not taken
  std::optional<Considered> listener;
  std::vector<Considered> passed_routes;  // those before the one that matched
  std::optional<Considered> route;
  Action action = Action::none;
  uint16_t status = 0;                  // that Fairlead answers with itself; 0: the backend decides
  std::string location;                 // of a redirect
  std::optional<ExplainedSplit> split;  // then `pool` is the side that is taken
  std::optional<ExplainedPool> pool;
  std::vector<std::string> also;  // what the route does beside, each in a few words
  std::string outcome;            // in one sentence
};

// "none", "pool", "split", "redirect", "respond" or "maintenance".
std::string_view name_of(Explanation::Action action);

struct ExplainSource {
  bool live = false;
  Instant now{};  // what response times are looked at by
  // Why a backend is in its state; empty: not known.
  std::function<std::string(const Backend&)> why_state = {};
  uint64_t seed = 1;           // of chance, where the algorithm draws
  const Seal* seal = nullptr;  // what cookies are sealed with; null: nothing is believed
  WallTime wall_now{};         // what they expire by
};

// Pure: what `snapshot` does with the request. Cost: a look at every route, and kPreviewPicks
// picks.
Explanation explain(const Snapshot& snapshot, const DescribedRequest& request,
                    const ExplainSource& source);

// The listener that a request of this scheme, port and host comes to, or null.
const ListenerSnapshot* find_listener(const Snapshot& snapshot, const DescribedRequest& request);

}  // namespace fairlead::core

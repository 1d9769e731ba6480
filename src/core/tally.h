// Tally: counters that one worker writes and the controller reads while it does.
//
// The second of the two things that cross threads (the first is the Snapshot), upwards. A counter
// has one writer, so an increment is a plain load and store, without a lock prefix; a reader sees
// every number a little late and never torn. Each tally belongs to one worker and fills cache
// lines of its own. Adding up over workers is the reader's work (core/totals).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "core/counter.h"
#include "core/histogram.h"
#include "core/percentile.h"

namespace fairlead::core {

// Counts of status codes: a bounded open list, because a backend may invent codes. The first
// kSlots different ones are counted each, further ones by their class.
class StatusCounts {
 public:
  static constexpr size_t kSlots = 16;
  static constexpr size_t kClasses = 6;  // 1xx to 5xx, and at 0 what is none of them

  // `status`: 100 to 999, or 0 for work that has no status (a TCP connection). Writer only.
  // Cost: about 1 ns for the code that came first, at most 16 comparisons.
  void add(uint16_t status) {
    for (size_t i = 0; i < kSlots; ++i) {
      const uint16_t code = codes_[i].load(std::memory_order_relaxed);
      if (code == status + 1) return counts_[i].add();
      if (code == 0) return claim(i, status);
    }
    classes_[class_of(status)].add();
  }

  // Calls f(status, count, false) for each code that was seen, then f(class, count, true), class 0
  // to 5, for each class that overflowed. Any thread.
  template <typename F>
  void each(F&& f) const {
    for (size_t i = 0; i < kSlots; ++i) {
      const uint16_t code = codes_[i].load(std::memory_order_acquire);
      if (code == 0) break;
      f(static_cast<uint16_t>(code - 1), counts_[i].value(), false);
    }
    for (size_t i = 0; i < kClasses; ++i) {
      if (classes_[i].value() > 0) f(static_cast<uint16_t>(i), classes_[i].value(), true);
    }
  }

 private:
  static size_t class_of(uint16_t status) {
    return status >= 100 && status < 600 ? status / 100u : 0u;
  }
  void claim(size_t slot, uint16_t status) {
    counts_[slot].add();
    codes_[slot].store(static_cast<uint16_t>(status + 1), std::memory_order_release);
  }

  std::array<std::atomic<uint16_t>, kSlots> codes_{};  // status + 1; 0: free
  std::array<Counter, kSlots> counts_{};
  std::array<Counter, kClasses> classes_{};
};

inline constexpr size_t kCodes = static_cast<size_t>(Code::internal) + 1;

// Errors by their kind.
class ErrorCounts {
 public:
  void add(Code code) { counts_[static_cast<size_t>(code)].add(); }
  uint64_t value(Code code) const { return counts_[static_cast<size_t>(code)].value(); }

 private:
  std::array<Counter, kCodes> counts_{};
};

// What became of the copies of requests that a route's mirror makes.
enum class Mirrored : uint8_t {
  answered,    // whatever the status
  failed,      // no response, or not all of it
  busy,        // not sent: too many were under way
  too_large,   // not sent: its body
  incomplete,  // not sent: the client's body never came to its end
  no_backend,  // not sent: the pool had none with room
};
inline constexpr size_t kMirrored = static_cast<size_t>(Mirrored::no_backend) + 1;
std::string_view name_of(Mirrored result);

// What one worker counted on one route. Cost of both: about 4 ns for each request.
struct alignas(64) RouteTally {
  StatusCounts requests;   // by the status that the client was given
  Histogram duration;      // from the request's first byte to the response's last
  Counter shed;            // refused because the loop lagged
  Percentile head;         // of times to a response's head, where the route hedges by it
  Counter body_too_large;  // refused for max_body
  Counter full;            // refused for max_connections
  Counter maintained;      // answered by maintenance
  std::array<Counter, kMirrored> mirrored;
  uint32_t mirrors = 0;  // copies under way; for the worker alone
};

// What one worker counted at one backend.
struct alignas(64) BackendTally {
  StatusCounts requests;  // by the status that the backend gave; 0 for a TCP connection
  ErrorCounts errors;     // attempts that failed, by kind
  Histogram latency;      // from the pick to the response head; TCP: to the connection
  Counter retries;        // attempts here that followed a failed one elsewhere
  Counter overtaken;      // attempts that ended because another backend was quicker
  Counter judged;         // outcomes that say something of its health
  Counter faults;         // those of them that were its errors
  // Since when the oldest of what runs here does, as last looked at (control/drains); kNever's
  // count: nothing does.
  std::atomic<int64_t> oldest{kNever.time_since_epoch().count()};
};

// Of the TLS of a listener, or towards the backends of a pool.
struct TlsTally {
  Counter handshakes_1_2;  // that came to their end, by version
  Counter handshakes_1_3;
  Counter resumed;       // of these: by a ticket
  ErrorCounts failures;  // handshakes that came to nothing, by kind
};

// What one worker counted at one listener. Open connections are opened - closed.
struct alignas(64) ListenerTally {
  Counter opened;
  Counter closed;
  Counter refused;    // over max_connections, closed at once; not among `opened`
  Counter bytes_in;   // from clients
  Counter bytes_out;  // to clients
  TlsTally tls;
};

// What became of a client's place in a pool with `sticky`.
enum class Stuck : uint8_t {
  fresh,    // it had none, and was given one
  kept,     // it is where it was
  moved,    // it is elsewhere, for its backend is gone or could not take it
  invalid,  // what it showed is none of ours, has expired, or is not known (any more)
};
inline constexpr std::array kStucks = {Stuck::fresh, Stuck::kept, Stuck::moved, Stuck::invalid};
// The name in the metrics: "new".
constexpr std::string_view name_of(Stuck stuck) {
  switch (stuck) {
    case Stuck::fresh: return "new";
    case Stuck::kept: return "kept";
    case Stuck::moved: return "moved";
    case Stuck::invalid: return "invalid";
  }
  return "new";
}

// What one worker counted in one pool.
struct alignas(64) PoolTally {
  Counter retries;
  Counter unbudgeted;  // retries that the retry budget refused
  Counter rejected;    // picks that found no backend
  Counter queued;      // those who had to wait for one with room
  Counter queue_full;  // and could not even wait
  Counter queue_timeout;
  Counter hedges;      // second backends that were asked
  Counter hedges_won;  // and were quicker
  ErrorCounts errors;  // attempts that failed by no backend's and no client's fault, by kind
  std::array<Counter, kStucks.size()> sticky{};  // responses, by Stuck
  TlsTally tls;        // with its backends
};

}  // namespace fairlead::core

// Mirror: copies of requests for another pool, whose responses nobody sees.
//
// A copy is complete before it is sent, and has a task of its own that outlives the exchange: the
// original never waits for it, and never fails for it. It gets one attempt, within the route's
// timeout; its outcome counts for the backend that it was given to, like any other.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/hash_key.h"
#include "core/router.h"
#include "http/copied_body.h"
#include "http/exchange.h"
#include "http/message_pool.h"
#include "http/prepared.h"
#include "net/scope.h"
#include "proxy/view.h"

namespace fairlead::proxy {

class Worker;

// Says in the request that it is a copy, for backends that see both kinds.
inline constexpr std::string_view kMirrorField = "x-fairlead-mirror";

// A request of its own: its head views texts that it owns.
struct MirroredRequest {
  http::PooledRequest head;
  std::vector<char> texts;
  std::string body;
  core::Key key;
};

// One worker's copies under way. Dropped: they end where they are.
class Mirrors {
 public:
  explicit Mirrors(Worker& worker) : worker_(worker) {}

  // Sends it in a later turn, if the route has room for one more. `view` keeps `route` alive.
  void send(std::shared_ptr<const View> view, const core::Route& route, MirroredRequest request);
  void cancel_all() { tasks_.cancel_all(); }

 private:
  net::Task<void> run(std::shared_ptr<const View> view, const core::Route& route,
                      MirroredRequest request);

  Worker& worker_;
  net::Scope tasks_;
};

// The copy of one exchange, from the decision to make one until it can be sent.
class Mirror {
 public:
  // Everything outlives this. Draws whether the request is one of those that are copied.
  Mirror(Worker& worker, std::shared_ptr<const View> view, const core::Route& route,
         http::Exchange& exchange, const http::Prepared& prepared);
  // Counts a copy whose body never came to its end.
  ~Mirror();
  Mirror(const Mirror&) = delete;

  // Copies the head as it goes to the backends. Sends it, or has the body copied on its way.
  void begin();

 private:
  void send(std::string body);
  void count(core::Mirrored result);

  Worker& worker_;
  std::shared_ptr<const View> view_;
  const core::Route& route_;
  http::Exchange& exchange_;
  const http::Prepared& prepared_;
  std::optional<MirroredRequest> request_;  // until it is sent
  std::optional<http::CopiedBody> body_;
};

}  // namespace fairlead::proxy

// Filters: what a route does to an exchange beside passing it on: limits, edits, copies.
//
// Made only for routes that have any (core::Route::has_filters), between match and pick; lives as
// long as the exchange is served. Each thing stands in a file of its own; here is their order.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/snapshot.h"
#include "http/buffered_body.h"
#include "http/exchange.h"
#include "http/limited_body.h"
#include "http/prepared.h"
#include "net/task.h"
#include "proxy/filter/mirror.h"
#include "proxy/filter/route_place.h"
#include "proxy/view.h"
#include "wire/uri_path.h"

namespace fairlead::proxy {

class Worker;

class Filters final : public http::ResponseEdit {
 public:
  // Edits responses from now on. Everything outlives this.
  Filters(Worker& worker, std::shared_ptr<const View> view, const core::ListenerSnapshot& listener,
          const core::Route& route, http::Exchange& exchange, const http::Prepared& prepared);
  ~Filters() override { exchange_.edit_response(nullptr); }
  Filters(const Filters&) = delete;

  // Makes the request what the route has backends get. Waits for its body where the route buffers
  // that. Error: it is not served.
  net::Task<Result<void>> prepare_request(wire::EncodedSlash slash, Duration patience);
  // Copies the request for the mirror, if there is one: once it is what backends get, without
  // cookies of ours, and translated. `forwarded`: the exchange as they see it; its body is asked
  // for while this lives.
  void begin_mirror(http::Exchange& forwarded);
  // Who answers, for {backend}. A text that outlives this.
  void served_by(std::string_view backend) { backend_ = backend; }

  // As the client asked, for the log.
  std::string_view target() const { return target_; }
  std::string_view authority() const { return authority_; }
  std::string_view trace_id() const { return trace_id_; }  // empty: not looked at

 private:
  void edit(http::Response& head) override;
  Result<void> limit();
  Result<void> edit_request(wire::EncodedSlash slash);
  net::Task<Result<void>> buffer_body(Duration patience);

  Worker& worker_;
  const std::shared_ptr<const View> view_;
  const core::ListenerConfig& listener_;
  const core::Route& route_;
  const core::RouteConfig& config_;
  http::Exchange& exchange_;
  const http::Prepared& prepared_;
  std::string_view target_;
  std::string_view authority_;
  std::string_view trace_id_;
  std::string_view backend_;
  RoutePlace place_;
  std::optional<http::LimitedBody> limited_;
  std::optional<http::BufferedBody> buffered_;
  std::optional<Mirror> mirror_;
};

}  // namespace fairlead::proxy

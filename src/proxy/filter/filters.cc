#include "proxy/filter/filters.h"

#include <fmt/format.h>

#include "http/grpc.h"
#include "proxy/filter/header_edits.h"
#include "proxy/filter/rewrite.h"
#include "proxy/filter/trace.h"
#include "proxy/template_facts.h"
#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

// Whether a body is there to be waited for. A gRPC caller may say more when it has been answered.
bool ends_before_response(const http::Request& request) {
  return request.framing != http::Framing::none && !request.upgrade && !http::is_grpc(request);
}

}  // namespace

Filters::Filters(Worker& worker, std::shared_ptr<const View> view,
                 const core::ListenerSnapshot& listener, const core::Route& route,
                 http::Exchange& exchange, const http::Prepared& prepared)
    : worker_(worker),
      view_(std::move(view)),
      listener_(*listener.config),
      route_(route),
      config_(*route.config),
      exchange_(exchange),
      prepared_(prepared),
      target_(exchange.request().target),
      authority_(exchange.request().authority) {
  if (config_.response_headers.any()) exchange_.edit_response(this);
}

net::Task<Result<void>> Filters::prepare_request(wire::EncodedSlash slash, Duration patience) {
  if (auto done = limit(); !done) co_return done;
  if (auto done = edit_request(slash); !done) co_return done;
  if (config_.buffer.request > 0 && ends_before_response(exchange_.request())) {
    if (auto done = co_await buffer_body(patience); !done) co_return done;
  }
  co_return {};
}

void Filters::begin_mirror(http::Exchange& forwarded) {
  if (!route_.mirror) return;
  mirror_.emplace(worker_, view_, route_, forwarded, prepared_);
  mirror_->begin();
}

Result<void> Filters::limit() {
  core::RouteTally& tally = route_.series->tally.of(worker_.index());
  if (config_.max_connections > 0 && !place_.take(*route_.series, config_.max_connections)) {
    tally.full.add();
    return fail(Code::route_full, Side::internal,
                fmt::format("the route is at its max_connections of {}", config_.max_connections));
  }
  if (config_.max_body == 0) return {};
  const http::Request& request = exchange_.request();
  if (request.framing == http::Framing::length && request.content_length > config_.max_body)
    return fail(Code::body_too_large, Side::downstream,
                fmt::format("at most {} bytes are taken here", config_.max_body));
  if (request.framing != http::Framing::none && request.framing != http::Framing::length)
    exchange_.read_through(limited_.emplace(exchange_.body(), config_.max_body));
  return {};
}

Result<void> Filters::edit_request(wire::EncodedSlash slash) {
  http::Request& request = exchange_.request();
  const ExchangeFacts facts(exchange_, prepared_);
  if (listener_.trace.on)
    trace_id_ = trace(listener_.trace, request, exchange_.scratch(), worker_.random());
  if (config_.request_headers.any()) {
    if (auto done =
            proxy::edit_request(config_.request_headers, facts, request, exchange_.scratch());
        !done)
      return done;
  }
  if (!config_.rewrite.any()) return {};
  return rewrite(config_.rewrite, facts, request, exchange_.scratch(), slash);
}

// A body that is here as a whole has a length, unless it ends in trailers.
net::Task<Result<void>> Filters::buffer_body(Duration patience) {
  buffered_.emplace(exchange_.body(), config_.buffer.request);
  exchange_.read_through(*buffered_);
  auto state = co_await http::read_ahead(exchange_, *buffered_, patience);
  if (!state) co_return std::unexpected(std::move(state.error()));
  if (*state != http::BufferedBody::State::whole || !buffered_->trailers().empty()) co_return {};
  exchange_.request().framing = http::Framing::length;
  exchange_.request().content_length = buffered_->held().size();
  co_return {};
}

void Filters::edit(http::Response& head) {
  edit_response(config_.response_headers, ExchangeFacts(exchange_, prepared_, backend_), head,
                exchange_.scratch(), prepared_.scheme == "https");
}

}  // namespace fairlead::proxy

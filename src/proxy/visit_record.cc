// The record of a Visit: what it came to, in the numbers and as a line of the log.
#include "http/prepare.h"
#include "proxy/access_log.h"
#include "proxy/stickiness.h"
#include "proxy/visit.h"
#include "proxy/worker.h"

namespace fairlead::proxy {

void Visit::count() {
  core::ListenerTally& listener = listener_.series->tally.of(worker_.index());
  listener.bytes_in.add(exchange_.bytes_in());
  listener.bytes_out.add(exchange_.bytes_out());
  const core::RouteSeries& series = series_ ? *series_ : *listener_.unrouted;
  core::RouteTally& route = series.tally.of(worker_.index());
  route.requests.add(exchange_.status());
  if (route_ && failed_ && error_.code == Code::body_too_large)
    route_->series->tally.of(worker_.index()).body_too_large.add();
  route.duration.add(trip_.duration);
}

void Visit::describe() {
  const http::Request& request = exchange_.request();
  const Address peer = exchange_.stream().peer();
  trip_.protocol = "http";
  trip_.listener = listener_.config->name;
  if (route_) trip_.route = route_->config->name;
  if (pool_) trip_.pool = pool_->config().name;
  trip_.backend = backend_;
  trip_.client = prepared_.client_text;
  if (trip_.client.empty()) trip_.client = http::client_text(peer, exchange_.scratch());
  // Behind a trusted proxy the peer's port is not the client's.
  if (prepared_.client_text.empty() || prepared_.client == peer.ip())
    trip_.client_port = peer.port();
  trip_.method = request.method_text;
  trip_.host = request.authority;
  trip_.target = request.target;
  if (understood_) trip_.version = exchange_.version();
  trip_.status = exchange_.status();
  trip_.bytes_in = exchange_.bytes_in();
  trip_.bytes_out = exchange_.bytes_out();
  trip_.request_id = prepared_.request_id;
  trip_.user_agent = request.fields.find(http::FieldId::user_agent).value_or("");
  trip_.referer = request.fields.find(http::FieldId::referer).value_or("");
  const net::TlsFacts tls = exchange_.stream().tls();
  trip_.tls = tls.version;
  trip_.client_subject = tls.client_subject;
  if (filters_) {
    trip_.host = filters_->authority();
    trip_.target = filters_->target();
    trip_.trace_id = filters_->trace_id();
  }
  if (failed_) {
    trip_.error = name_of(error_.code);
    trip_.side = name_of(error_.side);
    trip_.detail = error_.detail;
  }
  if (unbudgeted_) trip_.detail = with_refused_retry(trip_.detail, trip_.pool);
}

Visit::~Visit() {
  if (recorded_) return;
  failed_ = true;
  error_ = {Code::draining, Side::internal, Again::no, "cut off at the end of the drain"};
  record();
}

void Visit::record() {
  recorded_ = true;
  if (hedge_ && hedge_->has_asked()) ++trip_.attempts;
  trip_.duration = worker_.network().now() - exchange_.started();
  count();
  const core::AccessLogConfig& log = view_->snapshot->config->access_log;
  if (!log.on) return;
  describe();
  worker_.outside().log_access(format_line(trip_, log.format, worker_.network().wall_now()));
}

void Visit::record_refused(const Error& error) {
  understood_ = false;
  failed_ = true;
  error_ = error;
  record();
}

}  // namespace fairlead::proxy

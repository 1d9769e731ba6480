#include "http/h2_exchange.h"

#include <nghttp2/nghttp2.h>

#include "http/h2_session.h"
#include "http/h2_write.h"
#include "wire/websocket.h"

namespace fairlead::http {

H2Exchange::~H2Exchange() {
  if (stream_->is_closed()) return;
  if (broken_off_ || !responded()) {
    stream_->break_off(NGHTTP2_INTERNAL_ERROR);
  } else if (!stream_->is_out_ended()) {
    stream_->break_off(NGHTTP2_CANCEL);
  } else if (!stream_->is_in_ended()) {
    stream_->end_behind();
  }
}

void H2Exchange::inform(const Response& head) {
  if (H2Session* session = stream_->session()) write_interim_head(*session, *stream_, head);
}

Sink* H2Exchange::begin_response(const Response& head) {
  status_ = head.status;
  H2Session* session = stream_->session();
  if (!session) return nullptr;
  // To the client 200 would say that the tunnel is open.
  if (stream_->is_extended_connect() && head.status / 100 == 2) status_ = 502;
  const bool forbidden =
      request().method == Method::head || head.status == 204 || head.status == 304;
  const bool has_body = !forbidden && head.framing != Framing::none &&
                        !(head.framing == Framing::length && head.content_length == 0);
  stream_->forget();
  if (!write_head(*session, *stream_, head, status_, has_body, network_.wall_now())) return nullptr;
  return &stream_->sink();
}

// RFC 8441 5: what HTTP/1 says with a 101 is said with a 200, and the stream is the connection.
bool H2Exchange::upgrade(const Response& head) {
  H2Session* session = stream_->session();
  if (!session || !stream_->is_extended_connect()) return false;
  const std::string_view key = request().fields.find("sec-websocket-key").value_or("");
  if (head.fields.find("sec-websocket-accept") != wire::websocket_accept(key)) return false;
  status_ = 200;
  stream_->forget();
  stream_->begin_tunnel();
  return write_head(*session, *stream_, head, 200, true, network_.wall_now());
}

}  // namespace fairlead::http

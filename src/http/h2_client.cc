#include "http/h2_client.h"

#include <nghttp2/nghttp2.h>

#include "http/h2_client_connection.h"
#include "http/h2_write.h"
#include "net/frame_pool.h"

namespace fairlead::http {

H2Client::H2Client(H2ClientConnection& connection)
    : stream_(std::allocate_shared<H2Response>(net::FrameAllocator<H2Response>(),
                                               connection.session())) {
  connection.take_in(stream_);
}

H2Client::~H2Client() {
  H2Session* session = stream_->session();
  if (!session) return;
  if (!stream_->has_begun() && stream_->id() != 0) session->given_up();
  stream_->break_off(NGHTTP2_CANCEL);
}

bool H2Client::send(const Request& request, std::string_view default_host) {
  H2Session* session = stream_->session();
  if (!session) return true;  // reading tells why nothing comes
  stream_->asked(request.method);
  const std::string_view scheme = session->below().tls().is_encrypted() ? "https" : "http";
  return write_head(*session, *stream_, request, scheme, default_host);
}

Again H2Client::again() const {
  if (stream_->has_begun()) return Again::no;
  const bool refused = stream_->is_broken() && stream_->broken_by() == NGHTTP2_REFUSED_STREAM;
  return refused || stream_->id() == 0 ? Again::yes : Again::if_reused;
}

}  // namespace fairlead::http

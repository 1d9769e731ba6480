#include "http/h1_client.h"

#include "http/h1_write.h"

namespace fairlead::http {

bool H1Client::send(const Request& request, std::string_view default_host) {
  method_ = request.method;
  keep_alive_ = false;
  return write_head(writer_, request, default_host);
}

HeadState H1Client::read_head(Response& head) {
  const HeadState state = reader_.read_head(method_, head);
  if (state == HeadState::complete)
    keep_alive_ = head.keep_alive && head.framing != Framing::until_close;
  return state;
}

void H1Client::become_tunnel() {
  reader_.become_raw();
  writer_.begin_body(Framing::until_close, 0);
  keep_alive_ = false;
}

bool H1Client::is_reusable() {
  if (!keep_alive_ || !reader_.at_end() || reader_.has_bytes() || !writer_.is_finished())
    return false;
  if (stream_->broken().is_set()) return false;
  if (!stream_->readable().is_set()) return true;
  // The last read may have emptied the socket to the byte without its being noticed.
  char beyond;
  return stream_->read({&beyond, 1}).state == net::Io::State::blocked;
}

void H1Client::next() {
  reader_.next();
  sent_before_ = writer_.bytes_written();
  received_before_ = reader_.bytes_read();
}

Again H1Client::again() const {
  if (reader_.bytes_read() != received_before_) return Again::no;
  return writer_.bytes_written() == sent_before_ ? Again::yes : Again::if_reused;
}

}  // namespace fairlead::http

#include "http/h1_client.h"

#include "http/h1_write.h"

namespace fairlead::http {

bool H1Client::send(const Request& request, std::string_view default_host) {
  method_ = request.method;
  keep_alive_ = false;
  return write_head(writer_, request, default_host);
}

H1Reader::State H1Client::read_head(Response& head) {
  const H1Reader::State state = reader_.read_head(method_, head);
  if (state == H1Reader::State::complete)
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

void H1Client::next() { reader_.next(); }

}  // namespace fairlead::http

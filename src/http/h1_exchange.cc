#include "http/h1_exchange.h"

#include "base/check.h"
#include "http/h1_write.h"

namespace fairlead::http {
namespace {

bool forbids_body(Method method, uint16_t status) {
  return method == Method::head || status < 200 || status == 204 || status == 304;
}

}  // namespace

void H1Exchange::inform(const Response& head) {
  if (request_->minor == 0) return;
  // To a client that does not read, hints are not worth memory; a 100 is awaited.
  if (parts_.writer.holds() && head.status != 100) return;
  if (!write_interim_head(parts_.writer, head)) break_off();
  // It is of use now or never. What the stream does not take goes with the next bytes.
  parts_.writer.flush();
}

void H1Exchange::tunnelled(uint64_t bytes_in, uint64_t bytes_out) {
  tunnelled_ = true;
  tunnelled_in_ += bytes_in;
  tunnelled_out_ += bytes_out;
}

void H1Exchange::note_response(uint16_t status) {
  CHECK(!responded());
  status_ = status;
  may_take_back_ = !parts_.writer.holds();
  written_at_response_ = parts_.writer.bytes_written();
  // Draining may have begun while the backend was at work.
  if (parts_.service.is_draining()) keep_alive_ = false;
}

bool H1Exchange::take_back() {
  if (!can_take_back()) return false;
  parts_.writer.discard();
  status_ = 0;
  return true;
}

Sink* H1Exchange::begin_response(const Response& head) {
  note_response(head.status);
  Framing framing = head.framing;
  if (forbids_body(request_->method, head.status)) {
    framing = Framing::none;
  } else if (framing != Framing::length) {
    // A client of HTTP/1.0 knows the end of such a body by the end of the connection alone.
    framing = request_->minor == 0 ? Framing::until_close : Framing::chunked;
  }
  if (framing == Framing::until_close || !parts_.reader.at_end()) keep_alive_ = false;
  Persistence persistence = Persistence::close;
  if (keep_alive_) persistence = request_->minor == 0 ? Persistence::keep_said : Persistence::keep;
  if (!write_head(parts_.writer, head, framing, persistence, parts_.network.wall_now())) {
    break_off();
    return nullptr;
  }
  return &parts_.writer;
}

bool H1Exchange::upgrade(const Response& head) {
  note_response(head.status);
  keep_alive_ = false;
  if (!write_interim_head(parts_.writer, head)) {
    break_off();
    return false;
  }
  parts_.writer.begin_body(Framing::until_close, 0);
  parts_.reader.become_raw();
  return true;
}

}  // namespace fairlead::http

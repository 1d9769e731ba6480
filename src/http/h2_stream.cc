#include "http/h2_stream.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "http/h2_session.h"
#include "wire/http1_chunked.h"

namespace fairlead::http {

using net::Io;

namespace {

// Of a body that goes out: enough for a turn of the loop, and what a slow peer may cost.
constexpr size_t kMostWaiting = 64 * 1024;
// So much of a body that came can be had again, for another attempt.
constexpr size_t kMostKept = 16 * 1024;
constexpr size_t kMostTrailerBytes = 8 * 1024;

nghttp2_nv field_of(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 copies them
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

// The lines of a trailer section, names in lower case.
struct TrailerFields {
  std::vector<nghttp2_nv> fields;
  std::string text;
};

void read_lines(std::string_view lines, TrailerFields& out) {
  out.text = lines;
  std::string_view rest = out.text;
  while (!rest.empty()) {
    const size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 2);
    const size_t colon = line.find(':');
    if (colon == line.npos) continue;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    char* name = const_cast<char*>(line.data());
    std::transform(name, name + colon, name,
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    out.fields.push_back(field_of(line.substr(0, colon), value));
  }
}

}  // namespace

H2Stream::H2Stream(H2Session& session, int32_t id, Side side)
    : error_{Code::reset, side, Again::no, {}}, session_(&session), id_(id), in_(kMostKept) {
  writable_.set_quietly();
}

// ---- what comes in --------------------------------------------------------------------

void H2Stream::arrive(std::span<const char> bytes) {
  bytes_in_ += bytes.size();
  in_.append(bytes);
  readable().set(session_->network().ready());
}

void H2Stream::arrive_end() {
  in_ended_ = true;
  readable().set(session_->network().ready());
}

bool H2Stream::take_trailer(std::string_view name, std::string_view value) {
  trailer_bytes_ += name.size() + value.size();
  if (trailer_bytes_ > kMostTrailerBytes) return false;
  const wire::http1::Field field{.name = name, .value = value, .id = wire::http1::field_id(name)};
  if (!wire::http1::may_be_trailer(field)) return true;
  trailers_.append(name).append(": ").append(value).append("\r\n");
  return true;
}

void H2Stream::use(size_t count) {
  in_.consume(count);
  used_ += count;
  if (used_ <= credited_ || !session_) return;
  nghttp2_session_consume_stream(session_->frames(), id_, used_ - credited_);
  credited_ = used_;
  session_->stir();
}

void H2Stream::Body::rewind() {
  stream_.in_.rewind();
  stream_.used_ = 0;
  if (!stream_.in_.empty() || stream_.in_ended_) stream_.readable().set_quietly();
}

Piece H2Stream::Body::peek(bool) {
  if (stream_.awaits_tunnel_) return {Piece::State::end, {}};
  const std::span<char> bytes = stream_.in_.front();
  if (!bytes.empty()) return {Piece::State::data, bytes};
  if (stream_.in_ended_) return {Piece::State::end, {}};
  if (stream_.is_broken()) return {Piece::State::failed, {}};
  stream_.readable().clear();
  return {Piece::State::blocked, {}};
}

Io H2Stream::read(std::span<char> into) {
  const std::span<char> here = in_.front();
  if (!here.empty()) {
    const size_t count = std::min(here.size(), into.size());
    std::copy_n(here.begin(), count, into.begin());
    use(count);
    return Io::done(count);
  }
  if (in_ended_) return Io::end();
  if (is_broken()) return Io::failed(Code::reset);
  readable().clear();
  return Io::blocked();
}

// ---- what goes out --------------------------------------------------------------------

void H2Stream::go_on() {
  if (deferred_) {
    deferred_ = false;
    nghttp2_session_resume_data(session_->frames(), id_);
  }
  session_->stir();
}

Io H2Stream::write(std::span<const char> from) {
  if (!session_ || out_ended_) return Io::failed(Code::reset);
  const size_t room = kMostWaiting - std::min(out_.size(), kMostWaiting);
  if (room == 0) {
    writable().clear();
    return Io::blocked();
  }
  const size_t count = std::min(room, from.size());
  out_.append(from.first(count));
  go_on();
  return Io::done(count);
}

Io H2Stream::flush() {
  if (!session_ && !end_sent_) return Io::failed(Code::reset);
  // The session sends it within this turn: nothing is held back for a further word.
  return Io::done(0);
}

Io H2Stream::finish(std::string_view trailers) {
  if (end_sent_) return Io::done(0);
  if (!session_) return Io::failed(Code::reset);
  if (!out_ended_) {
    own_trailers_ = trailers;
    out_ended_ = true;
    go_on();
  }
  writable().clear();
  return Io::blocked();
}

void H2Stream::shutdown_write() {
  if (session_ && !out_ended_) finish({});
}

size_t H2Stream::in_flight() const {
  return out_.size() + (session_ ? session_->below().in_flight() : 0);
}

ssize_t H2Stream::offer(size_t most, uint32_t* flags) {
  const size_t size = std::min(most, out_.size());
  if (size == 0 && !out_ended_) {
    deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (out_ended_ && size == out_.size()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    TrailerFields trailers;
    read_lines(own_trailers_, trailers);
    if (!trailers.fields.empty() &&
        nghttp2_submit_trailer(session_->frames(), id_, trailers.fields.data(),
                               trailers.fields.size()) == 0)
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  }
  return static_cast<ssize_t>(size);
}

void H2Stream::take_out(std::span<char> into, bool is_last) {
  const size_t taken = out_.take(into);
  CHECK(taken == into.size());
  bytes_out_ += taken;
  if (is_last) end_sent_ = true;
  if (is_last || out_.size() <= kMostWaiting / 2) writable().set(session_->network().ready());
}

// ---- the end --------------------------------------------------------------------------

void H2Stream::break_off(uint32_t code) {
  if (!session_) return;
  if (id_ == 0) return close(code, false, "never begun");
  nghttp2_submit_rst_stream(session_->frames(), NGHTTP2_FLAG_NONE, id_, code);
  session_->stir();
}

void H2Stream::end_behind() {
  if (end_left_) return break_off(NGHTTP2_NO_ERROR);
  ends_behind_ = true;
}

void H2Stream::reset() { break_off(NGHTTP2_CANCEL); }

void H2Stream::close(uint32_t code, bool in_order, std::string_view why) {
  const std::shared_ptr<H2Stream> last = std::move(self_);
  H2Session& session = *session_;
  session_ = nullptr;
  unlink();
  --session.open_streams_;
  net::ReadyQueue& ready = session.network().ready();
  if (!in_order || !in_ended_ || !end_sent_) {
    broken_by_ = code;
    error_.detail = why;
    broken().set(ready);
  }
  readable().set(ready);
  writable().set(ready);
}

Address H2Stream::peer() const { return session_ ? session_->below().peer() : Address(); }
Address H2Stream::local() const { return session_ ? session_->below().local() : Address(); }
net::TlsFacts H2Stream::tls() const { return session_ ? session_->below().tls() : net::TlsFacts(); }

}  // namespace fairlead::http

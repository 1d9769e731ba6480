#include "http/grpc_web.h"

#include <algorithm>
#include <array>

#include "http/message_pool.h"
#include "wire/http1_chars.h"

namespace fairlead::http {

using net::Io;
using wire::http1::equals_ignoring_case;

namespace {

constexpr std::string_view kWeb = "application/grpc-web";
constexpr std::string_view kText = "-text";
constexpr char kTrailerFrame = static_cast<char>(0x80);
constexpr size_t kMostAtOnce = 16 * 1024;  // bytes that are encoded before they are sent
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// -1: no digit of base64.
int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Behind "application/grpc-web"; nothing where the type is another one.
std::string_view behind_web(std::string_view type) {
  if (type.size() < kWeb.size() || !equals_ignoring_case(type.substr(0, kWeb.size()), kWeb))
    return "?";
  return type.substr(kWeb.size());
}

std::string lower_case_names(std::string_view lines) {
  std::string out(lines);
  bool in_name = true;
  for (char& c : out) {
    if (c == ':') in_name = false;
    if (c == '\n') in_name = true;
    if (in_name) c = wire::http1::to_lower(c);
  }
  return out;
}

}  // namespace

bool is_grpc_web(const Request& request) {
  if (request.method != Method::post) return false;
  const std::string_view rest = behind_web(request.fields.find(FieldId::content_type).value_or(""));
  return rest.empty() || rest.front() == '+' || rest.front() == ';' || rest.starts_with(kText);
}

GrpcWeb::GrpcWeb(Exchange& below) : below_(below), body_(below.body()) {
  Request& request = below.request();
  for (Field& field : request.fields.all()) {
    if (field.id != FieldId::content_type) continue;
    suffix_ = behind_web(field.value);
    is_text_ = suffix_.starts_with(kText);
    if (is_text_) suffix_.remove_prefix(kText.size());
    field.value = below.scratch().join({"application/grpc", suffix_});
  }
  if (is_text_ && request.framing == Framing::length) request.framing = Framing::chunked;
  request.fields.add({.name = "te", .value = "trailers", .id = FieldId::te, .hop_by_hop = true});
}

Sink* GrpcWeb::begin_response(const Response& head) {
  const PooledResponse ours = take_response();
  ours->status = head.status;
  ours->reason = head.reason;
  ours->upgrade = false;
  // Without a body the status stands in the head, for everybody to read.
  ours->framing = head.framing == Framing::none ? Framing::none : Framing::chunked;
  ours->has_content_length = false;
  ours->fields.clear();
  for (const Field& field : head.fields.all()) {
    Field copy = field;
    if (field.id == FieldId::content_type) {
      copy.value = below_.scratch().join({kWeb, is_text_ ? kText : "", suffix_});
      copy.parsed = false;
    }
    ours->fields.add(copy);
  }
  out_ = below_.respond(*ours);
  if (!out_ || ours->framing == Framing::none) return out_;
  framed_.begin();
  return &framed_;
}

// ---- the request's body ---------------------------------------------------------------

bool GrpcWeb::Decoded::decode(std::string_view text) {
  for (const char c : text) {
    if (c == '\r' || c == '\n') continue;
    if (c == '=') {
      ++padding_;
    } else {
      const int value = value_of(c);
      if (value < 0 || padding_ > 0) return false;
      bits_ = bits_ << 6 | static_cast<uint32_t>(value);
    }
    if (++digits_ < 4) continue;
    if (padding_ > 2) return false;
    bits_ <<= 6 * padding_;
    for (int i = 0; i < 3 - padding_; ++i) bytes_ += static_cast<char>(bits_ >> (16 - 8 * i));
    bits_ = 0;
    digits_ = padding_ = 0;
  }
  return true;
}

Piece GrpcWeb::Decoded::peek(bool may_read) {
  while (used_ == bytes_.size()) {
    bytes_.clear();
    used_ = 0;
    if (is_wrong_) return {Piece::State::failed, {}};
    const Piece piece = below_.peek(may_read);
    if (piece.state == Piece::State::end && digits_ == 0) return piece;
    if (piece.state == Piece::State::blocked || piece.state == Piece::State::failed) return piece;
    is_wrong_ =
        piece.state == Piece::State::end || !decode({piece.bytes.data(), piece.bytes.size()});
    if (piece.state == Piece::State::data) below_.consume(piece.bytes.size());
    if (is_wrong_) error_ = {Code::malformed, Side::downstream, Again::no, "the body is no base64"};
  }
  return {Piece::State::data, {bytes_.data() + used_, bytes_.size() - used_}};
}

void GrpcWeb::Decoded::consume(size_t count) { used_ += count; }

// What was decoded is decoded again, and the group that has begun begins again.
void GrpcWeb::Decoded::rewind() {
  below_.rewind();
  bytes_.clear();
  used_ = 0;
  bits_ = 0;
  digits_ = padding_ = 0;
  is_wrong_ = false;
}

// ---- the response's body --------------------------------------------------------------

void GrpcWeb::Framed::begin() {
  waiting_.clear();
  sent_ = 0;
  ended_ = false;
}

// Each piece has a padding of its own: it is to be understood when it comes.
void GrpcWeb::Framed::encode(std::span<const char> bytes) {
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < count ? static_cast<uint8_t>(bytes[at + i]) : 0u);
    for (size_t i = 0; i < 4; ++i)
      waiting_ += i <= count ? kDigits[bits >> (18 - 6 * i) & 63] : '=';
  }
}

Io GrpcWeb::Framed::drain() {
  while (sent_ < waiting_.size()) {
    const Io io = web_.out_->write({waiting_.data() + sent_, waiting_.size() - sent_});
    if (io.state == Io::State::blocked) web_.out_->flush();
    if (io.state != Io::State::done) return io;
    sent_ += io.count;
  }
  waiting_.clear();
  sent_ = 0;
  return Io::done(0);
}

Io GrpcWeb::Framed::write(std::span<const char> bytes) {
  if (const Io io = drain(); io.state != Io::State::done) return io;
  if (!web_.is_text_) return web_.out_->write(bytes);
  const size_t count = std::min(bytes.size(), kMostAtOnce);
  encode(bytes.first(count));
  if (const Io io = drain(); io.state == Io::State::failed) return io;
  return Io::done(count);
}

Io GrpcWeb::Framed::flush() {
  if (const Io io = drain(); io.state != Io::State::done) return io;
  return web_.out_->flush();
}

Io GrpcWeb::Framed::finish(std::string_view trailers) {
  if (!ended_) {
    ended_ = true;
    const std::string lines = lower_case_names(trailers);
    const auto size = static_cast<uint32_t>(lines.size());
    std::string frame = {kTrailerFrame, static_cast<char>(size >> 24),
                         static_cast<char>(size >> 16), static_cast<char>(size >> 8),
                         static_cast<char>(size)};
    frame += lines;
    if (web_.is_text_)
      encode(frame);
    else
      waiting_ += frame;
  }
  if (const Io io = drain(); io.state != Io::State::done) return io;
  return web_.out_->finish({});
}

}  // namespace fairlead::http

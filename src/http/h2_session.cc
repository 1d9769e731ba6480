#include "http/h2_session.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "http/h2_memory.h"

namespace fairlead::http {

using net::Io;

namespace {

constexpr size_t kFrameHead = 9;  // RFC 9113 4.1
// Reads in one turn of the loop while others wait.
constexpr int kMostReads = 16;
// Frames of nghttp2's own that wait to be sent. A peer that does not read is not read either.
constexpr size_t kMostOwnFrames = 256;

// Of a head that is sent, as nghttp2 counts it: more than any limit of ours lets in.
constexpr size_t kMostHeadOut = 512 * 1024;

// What a peer may cost us without use, in microseconds of a core, roughly: it is refilled by time, up
// to a hundredth of a core, and by work that both want. Honest peers give us larger windows twice
// for each frame of data that they take, however small, ping as they do so, and send bodies byte by
// byte. A page that is left takes a hundred streams back, but not several times a second.
constexpr uint32_t kMostBudget = 20'000;
constexpr uint32_t kBudgetEachSecond = 10'000;
constexpr uint32_t kGainOfExchange = 80;  // that came to its end: more than its frames had cost
constexpr uint32_t kGainOfDataIn = 20;    // of kLeastUse bytes or more, in a frame
constexpr uint32_t kGainOfDataOut = 10;
constexpr size_t kLeastUse = 256;
constexpr size_t kTiny = 8;  // bytes of a frame of data: less than its head
constexpr uint32_t kCostOfTiny = 5;
constexpr uint32_t kCostOfNothing = 60;
constexpr int64_t kAstrayFree = 4096;  // bytes that nghttp2 passes over
constexpr uint32_t kCostOfAstray = 20;
constexpr uint32_t kCostOfLargeField = 20;

uint32_t cost_of(const nghttp2_frame_hd& frame) {
  switch (frame.type) {
    case NGHTTP2_DATA: return 0;  // by what it holds: see carries_nothing()
    case NGHTTP2_WINDOW_UPDATE: return 1;
    case NGHTTP2_PING: return 3;
    case NGHTTP2_SETTINGS: return (frame.flags & NGHTTP2_FLAG_ACK) != 0 ? 0 : 40;
    case NGHTTP2_RST_STREAM: return 40;
    default: return 20;
  }
}

bool carries_nothing(const nghttp2_frame& frame) {
  return frame.hd.length == frame.data.padlen && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0;
}

std::span<const char> chars(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string_view view(nghttp2_rcbuf* text) {
  const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(text);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

}  // namespace

void H2Session::EndSession::operator()(nghttp2_session* session) const {
  nghttp2_session_del(session);
}

// ---- nghttp2's callbacks ---------------------------------------------------------------

struct H2Session::Hooks {
  static H2Session& self(void* user) { return *static_cast<H2Session*>(user); }
  static H2Stream* stream_of(nghttp2_session* session, int32_t id) {
    return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* frame, void* user) {
    self(user).greeted_ = true;
    self(user).astray_ -= static_cast<int64_t>(kFrameHead + frame->length);
    if (const uint32_t cost = cost_of(*frame)) self(user).charge(cost);
    return 0;
  }

  static int begin_head(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    H2Session& us = self(user);
    us.head_began_ = us.network_.now();
    if (us.role_ == Role::client || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    std::shared_ptr<H2Stream> stream = us.begin(frame->hd.stream_id);
    if (!stream) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                NGHTTP2_REFUSED_STREAM);
      us.head_began_ = kNever;
      us.charge(kCostOfNothing);
      return 0;
    }
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream.get());
    us.join(std::move(stream));
    return 0;
  }

  static int field(nghttp2_session* session, const nghttp2_frame* frame, nghttp2_rcbuf* name,
                   nghttp2_rcbuf* value, uint8_t, void* user) {
    H2Stream* stream = stream_of(session, frame->hd.stream_id);
    if (!stream) return 0;
    const bool taken = stream->had_head_ ? stream->take_trailer(view(name), view(value))
                                         : stream->take_field(view(name), view(value));
    // What is too large is read to its end all the same, or nothing else could be.
    if (!taken) self(user).charge(kCostOfLargeField);
    return 0;
  }

  // By default nghttp2 leaves such a field out; somebody else may see it otherwise.
  static int invalid_field(nghttp2_session*, const nghttp2_frame*, const uint8_t*, size_t,
                           const uint8_t*, size_t, uint8_t, void* user) {
    self(user).head_began_ = kNever;
    self(user).charge(kCostOfNothing);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    H2Session& us = self(user);
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame->hd.type == NGHTTP2_GOAWAY) us.told_to_go();
    if (frame->hd.type == NGHTTP2_DATA && carries_nothing(*frame)) us.charge(kCostOfNothing);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS) us.head_began_ = kNever;
    H2Stream* stream = stream_of(session, frame->hd.stream_id);
    if (!stream) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && !stream->had_head_)
      stream->had_head_ = stream->head_complete(ends);
    if (ends) stream->arrive_end();
    return 0;
  }

  static int data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
                  void* user) {
    // Bodies in the smallest of pieces are work for nothing; honest ones are few at a time.
    if (size >= kLeastUse) self(user).reward(kGainOfDataIn);
    if (size < kTiny) self(user).charge(kCostOfTiny);
    // The connection's window is for all: one stream that nobody reads must not use it up. What
    // waits is bounded by the streams' own windows.
    nghttp2_session_consume_connection(session, size);
    if (H2Stream* stream = stream_of(session, id)) stream->arrive(chars(bytes, size));
    return 0;
  }

  static int close(nghttp2_session* session, int32_t id, uint32_t code, void* user) {
    H2Stream* stream = stream_of(session, id);
    if (!stream) return 0;
    H2Session& us = self(user);
    nghttp2_session_set_stream_user_data(session, id, nullptr);
    us.head_began_ = kNever;
    if (code == NGHTTP2_NO_ERROR) us.reward(kGainOfExchange);
    stream->close(code, code == NGHTTP2_NO_ERROR, nghttp2_http2_strerror(code));
    us.stir();
    return 0;
  }

  // A request that could not even begin: the peer is about to go, or nobody wants it any more.
  static int not_sent(nghttp2_session* session, const nghttp2_frame* frame, int, void* user) {
    H2Session& us = self(user);
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    if (us.role_ == Role::server) {  // too large even for us: nothing else may follow
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                NGHTTP2_INTERNAL_ERROR);
      return 0;
    }
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, nullptr);
    us.streams_.for_each([&](H2Stream& stream) {
      if (stream.id() == frame->hd.stream_id)
        stream.close(NGHTTP2_REFUSED_STREAM, false, "the backend takes no further requests");
    });
    return 0;
  }

  static int sent(nghttp2_session* session, const nghttp2_frame* frame, void*) {
    const bool may_end = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!may_end || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    H2Stream* stream = stream_of(session, frame->hd.stream_id);
    if (!stream) return 0;
    stream->end_left_ = true;
    if (stream->ends_behind_ && !stream->in_ended_) stream->break_off(NGHTTP2_NO_ERROR);
    return 0;
  }

  static int send_data(nghttp2_session*, nghttp2_frame*, const uint8_t* head, size_t size,
                       nghttp2_data_source* source, void* user) {
    H2Session& us = self(user);
    auto& stream = *static_cast<H2Stream*>(source->ptr);
    if (us.out_.capacity() - us.end_ < kFrameHead + size) {
      us.no_room_ = true;
      return NGHTTP2_ERR_WOULDBLOCK;
    }
    std::memcpy(us.out_.data() + us.end_, head, kFrameHead);
    us.end_ += kFrameHead;
    const bool is_last = stream.out_ended_ && size == stream.out_.size();
    stream.take_out({us.out_.data() + us.end_, size}, is_last);
    us.end_ += static_cast<uint32_t>(size);
    us.reward(kGainOfDataOut);
    return 0;
  }

  static ssize_t offer(nghttp2_session*, int32_t, uint8_t*, size_t most, uint32_t* flags,
                       nghttp2_data_source* source, void*) {
    return static_cast<H2Stream*>(source->ptr)->offer(most, flags);
  }

  static nghttp2_session* make(Role role, H2Session* user);
};

nghttp2_session* H2Session::Hooks::make(Role role, H2Session* user) {
  nghttp2_session_callbacks* hooks = nullptr;
  nghttp2_option* options = nullptr;
  nghttp2_session_callbacks_new(&hooks);
  nghttp2_option_new(&options);
  nghttp2_session_callbacks_set_on_begin_frame_callback(hooks, &begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(hooks, &begin_head);
  nghttp2_session_callbacks_set_on_header_callback2(hooks, &field);
  nghttp2_session_callbacks_set_on_invalid_header_callback(hooks, &invalid_field);
  nghttp2_session_callbacks_set_on_frame_recv_callback(hooks, &frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(hooks, &data);
  nghttp2_session_callbacks_set_on_stream_close_callback(hooks, &close);
  nghttp2_session_callbacks_set_send_data_callback(hooks, &send_data);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(hooks, &not_sent);
  nghttp2_session_callbacks_set_on_frame_send_callback(hooks, &sent);
  // A peer may send only what there is room for: a stream's window grows when bytes were used.
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_option_set_no_closed_streams(options, 1);
  nghttp2_option_set_server_fallback_rfc7540_priorities(options, 1);
  nghttp2_option_set_builtin_recv_extension_type(options, NGHTTP2_PRIORITY_UPDATE);
  nghttp2_option_set_max_outbound_ack(options, kMostOwnFrames);
  nghttp2_option_set_max_send_header_block_length(options, kMostHeadOut);
  nghttp2_session* session = nullptr;
  const int failed = role == Role::server
                         ? nghttp2_session_server_new3(&session, hooks, user, options, h2_memory())
                         : nghttp2_session_client_new3(&session, hooks, user, options, h2_memory());
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(hooks);
  CHECK(failed == 0);
  return session;
}

// ---- life -----------------------------------------------------------------------------

H2Session::H2Session(net::Network& network, std::unique_ptr<net::Stream> below, Role role,
                     const Settings& settings)
    : network_(network),
      below_(std::move(below)),
      session_(Hooks::make(role, this)),
      role_(role),
      last_moved_(network.now()),
      max_head_(settings.max_head),
      budget_(kMostBudget),
      refilled_(network.now()) {
  const nghttp2_settings_entry server[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, settings.max_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, settings.max_head},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
  const nghttp2_settings_entry client[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, settings.max_head}};
  const std::span<const nghttp2_settings_entry> entries =
      role == Role::server ? std::span<const nghttp2_settings_entry>(server)
                           : std::span<const nghttp2_settings_entry>(client);
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, entries.data(), entries.size());
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0,
                                        static_cast<int32_t>(settings.connection_window));
}

H2Session::~H2Session() { break_streams(Code::closed, "the connection is gone"); }

void H2Session::join(std::shared_ptr<H2Stream> stream) {
  streams_.push_back(*stream);
  ++open_streams_;
  H2Stream& it = *stream;
  it.self_ = std::move(stream);
}

void H2Session::break_streams(Code code, std::string_view why) {
  while (!streams_.empty()) {
    H2Stream& stream = streams_.front();
    stream.error_.code = code;
    nghttp2_session_set_stream_user_data(session_.get(), stream.id(), nullptr);
    stream.close(NGHTTP2_INTERNAL_ERROR, false, why);
  }
}

uint32_t H2Session::most_streams_of_peer() const {
  return nghttp2_session_get_remote_settings(session_.get(),
                                             NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

void H2Session::ask_for_a_sign() {
  nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
  stir();
}

void H2Session::end_with(std::string_view words, uint32_t code) {
  if (failure_.empty()) failure_ = words;
  nghttp2_session_terminate_session(session_.get(), code);
}

// ---- heads ----------------------------------------------------------------------------

bool H2Session::send_head(H2Stream& stream, std::span<const nghttp2_nv> fields, bool has_body) {
  nghttp2_data_provider body{.source = {.ptr = &stream}, .read_callback = &Hooks::offer};
  stir();
  return nghttp2_submit_response(session_.get(), stream.id(), fields.data(), fields.size(),
                                 has_body ? &body : nullptr) == 0;
}

bool H2Session::send_interim_head(H2Stream& stream, std::span<const nghttp2_nv> fields) {
  stir();
  return nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream.id(), nullptr,
                                fields.data(), fields.size(), nullptr) >= 0;
}

void H2Session::send_request(H2Stream& stream, std::span<const nghttp2_nv> fields, bool has_body) {
  nghttp2_data_provider body{.source = {.ptr = &stream}, .read_callback = &Hooks::offer};
  stir();
  stream.id_ = nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                                      has_body ? &body : nullptr, &stream);
  if (stream.id_ < 0) {  // 2^30 streams, or the peer is about to go
    stream.id_ = 0;
    stream.close(NGHTTP2_REFUSED_STREAM, false, "the backend takes no further requests");
    told_to_go();
  }
}

// ---- the budget -----------------------------------------------------------------------

void H2Session::refill() {
  const Duration since = network_.now() - refilled_;
  const auto gain = static_cast<uint64_t>(since / 1ms) * kBudgetEachSecond / 1000;
  if (gain == 0) return;
  refilled_ = network_.now();
  reward(static_cast<uint32_t>(std::min<uint64_t>(gain, kMostBudget)));
}

void H2Session::reward(uint32_t gain) { budget_ = std::min(budget_ + gain, kMostBudget); }

void H2Session::charge(uint32_t cost) {
  if (budget_ < cost) refill();
  if (budget_ >= cost) {
    budget_ -= cost;
    return;
  }
  budget_ = 0;
  end_with("too many frames that bring nothing", NGHTTP2_ENHANCE_YOUR_CALM);
}

// ---- bytes ----------------------------------------------------------------------------

bool H2Session::take(std::span<const char> bytes) {
  const ssize_t taken = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0) {
    const auto why = static_cast<int>(taken);
    end_with(nghttp2_strerror(why), why == NGHTTP2_ERR_NOMEM ? NGHTTP2_INTERNAL_ERROR
                                                             : NGHTTP2_ENHANCE_YOUR_CALM);
  }
  // Frames on streams that are over, and unknown ones, are passed over without a word to us.
  astray_ += static_cast<int64_t>(bytes.size());
  if (role_ == Role::server && astray_ >= kAstrayFree) {
    charge(static_cast<uint32_t>(astray_ / kAstrayFree) * kCostOfAstray);
    astray_ %= kAstrayFree;
  }
  return taken >= 0;
}

// Too much waits to be sent already.
bool H2Session::is_choked() {
  return is_full_ && nghttp2_session_get_outbound_queue_size(session_.get()) > kMostOwnFrames;
}

// Fills out_ with what the streams and nghttp2 have to say. False: nothing was left to say.
bool H2Session::collect() {
  no_room_ = false;
  while (true) {
    if (left_over_.empty()) {
      const uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
      if (size <= 0) return no_room_;
      left_over_ = chars(bytes, static_cast<size_t>(size));
    }
    const size_t room = out_.capacity() - end_;
    if (room < left_over_.size()) return true;
    std::memcpy(out_.data() + end_, left_over_.data(), left_over_.size());
    end_ += static_cast<uint32_t>(left_over_.size());
    left_over_ = {};
  }
}

bool H2Session::write() {
  bool more = true;
  is_full_ = false;
  while (true) {
    if (begin_ == end_) {
      begin_ = end_ = 0;
      if (!more || (left_over_.empty() && nghttp2_session_want_write(session_.get()) == 0)) {
        out_.release();
        return true;
      }
      if (!out_) out_ = net::Block::take(net::kMiddleBlock);
      more = collect();
      if (begin_ == end_) continue;
    }
    const Io io = below_->write({out_.data() + begin_, end_ - begin_});
    if (io.state == Io::State::blocked) {
      is_full_ = true;
      return true;
    }
    if (io.state != Io::State::done) return false;
    begin_ += static_cast<uint32_t>(io.count);
    last_moved_ = network_.now();
  }
}

H2Session::Turn H2Session::turn() {
  stirred_.clear();
  for (int reads = 0;; ++reads) {
    if (!below_->readable().is_set() || is_choked()) break;
    if (reads == kMostReads) return write() ? Turn::busy : Turn::over;
    const net::Block block = net::Block::take(bulk_ ? net::kMiddleBlock : net::kSmallBlock);
    const Io io = below_->read({block.data(), block.capacity()});
    if (io.state == Io::State::blocked) break;
    if (io.state != Io::State::done) {
      if (io.state == Io::State::failed && failure_.empty()) failure_ = "the connection was reset";
      // What was asked for is still answered where only one direction has ended? RFC 9113 has no
      // half-closed connections: who ends his direction is gone.
      write();
      return Turn::over;
    }
    bulk_ = io.count == block.capacity();
    ++reads_;
    last_moved_ = network_.now();
    if (!take({block.data(), io.count})) {
      write();
      return Turn::over;
    }
  }
  if (!write()) return Turn::over;
  const bool wants = nghttp2_session_want_read(session_.get()) != 0 ||
                     nghttp2_session_want_write(session_.get()) != 0 || begin_ < end_ ||
                     !left_over_.empty();
  return wants ? Turn::blocked : Turn::over;
}

}  // namespace fairlead::http

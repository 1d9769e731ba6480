#include "http/fetch_h2.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "net/tls_connect.h"

namespace fairlead::http {

using net::Io;
using net::Woke;

namespace {

constexpr std::string_view kHttp2[] = {"h2"};
constexpr size_t kMostFieldBytes = 32 * 1024;
constexpr size_t kMostFields = 200;
// Frames that carry nothing for us may be sent without end.
constexpr size_t kMostOverhead = 256 * 1024;

uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 copies and reads
}

nghttp2_nv field_of(std::string_view name, std::string_view value) {
  return {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

bool can_be_sent(const FetchRequest& request, std::string_view authority) {
  const auto clean = [](std::string_view value) {
    return nghttp2_check_header_value(bytes_of(value), value.size()) != 0;
  };
  return clean(request.path) && clean(authority) &&
         std::ranges::all_of(request.fields, [&](const auto& field) {
           return clean(field.second) &&
                  nghttp2_check_header_name(bytes_of(field.first), field.first.size()) != 0;
         });
}

// One call over one connection; the caller's coroutine frame holds it.
class H2Fetch {
 public:
  H2Fetch(net::Network& network, const FetchRequest& request, Instant deadline, size_t max_body)
      : network_(network),
        request_(request),
        alarm_(network.wheel()),
        began_(network.now()),
        deadline_(deadline),
        max_body_(max_body) {}

  net::Task<Result<Fetched>> run(const Address& address, std::shared_ptr<net::TlsClient> tls);

 private:
  struct EndSession {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  bool begin(std::string_view scheme, const std::string& authority);
  net::Task<Result<void>> exchange();
  // Writes what the session wants to say, as far as that goes now. False: the stream is broken.
  bool write();
  Result<void> take(std::string_view bytes);
  // Why there is no response though the stream has ended.
  std::unexpected<Error> broken_off() const;

  int on_field(std::string_view name, std::string_view value);
  void on_data(std::string_view bytes);
  ssize_t give_body(uint8_t* into, size_t room, uint32_t* flags);
  static nghttp2_session* session_for(H2Fetch* self);

  net::Network& network_;
  const FetchRequest& request_;
  net::Alarm alarm_;
  Instant began_;
  Instant deadline_;
  size_t max_body_;
  std::unique_ptr<net::Stream> stream_;
  std::unique_ptr<nghttp2_session, EndSession> session_;
  std::string out_;  // of the session, not yet taken by the stream
  size_t body_sent_ = 0;
  size_t field_bytes_ = 0;
  size_t received_ = 0;
  bool is_over_ = false;    // the stream is closed
  uint32_t closed_by_ = 0;  // its error code; 0: it ended in order
  Fetched fetched_;
};

H2Fetch& self_of(void* user) { return *static_cast<H2Fetch*>(user); }

std::string_view view_of(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

nghttp2_session* H2Fetch::session_for(H2Fetch* self) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                    const uint8_t* value, size_t value_size, uint8_t, void* user) {
        return self_of(user).on_field(view_of(name, name_size), view_of(value, value_size));
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks,
      [](nghttp2_session*, uint8_t, int32_t, const uint8_t* bytes, size_t size, void* user) {
        self_of(user).on_data(view_of(bytes, size));
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, int32_t, uint32_t error, void* user) {
        self_of(user).is_over_ = true;
        self_of(user).closed_by_ = error;
        return 0;
      });
  nghttp2_session* session = nullptr;
  nghttp2_session_client_new(&session, callbacks, self);
  nghttp2_session_callbacks_del(callbacks);
  return session;
}

int H2Fetch::on_field(std::string_view name, std::string_view value) {
  // RFC 9113 8.1: behind an interim head comes another one; the last is the response's.
  if (name == ":status") {
    fetched_.status = 0;
    for (const char c : value)
      fetched_.status = static_cast<uint16_t>(fetched_.status * 10 + c - '0');
    fetched_.fields.clear();
    return 0;
  }
  field_bytes_ += name.size() + value.size();
  if (field_bytes_ > kMostFieldBytes || fetched_.fields.size() == kMostFields) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  if (name == "content-type") fetched_.content_type = value;
  fetched_.fields.emplace_back(name, value);
  return 0;
}

void H2Fetch::on_data(std::string_view bytes) {
  const size_t size = std::min(bytes.size(), max_body_ - fetched_.body.size());
  fetched_.body += bytes.substr(0, size);
  if (size == bytes.size()) return;
  fetched_.is_whole = false;
  is_over_ = true;
}

ssize_t H2Fetch::give_body(uint8_t* into, size_t room, uint32_t* flags) {
  const size_t size = std::min(room, request_.body.size() - body_sent_);
  std::memcpy(into, request_.body.data() + body_sent_, size);
  body_sent_ += size;
  if (body_sent_ == request_.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(size);
}

bool H2Fetch::begin(std::string_view scheme, const std::string& authority) {
  session_.reset(session_for(this));
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMostFieldBytes}};
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings, std::size(settings));
  std::vector<nghttp2_nv> fields = {field_of(":method", request_.method),
                                    field_of(":scheme", scheme), field_of(":authority", authority),
                                    field_of(":path", request_.path)};
  for (const auto& [name, value] : request_.fields) fields.push_back(field_of(name, value));
  nghttp2_data_provider body{};
  body.read_callback = [](nghttp2_session*, int32_t, uint8_t* into, size_t room, uint32_t* flags,
                          nghttp2_data_source*,
                          void* user) { return self_of(user).give_body(into, room, flags); };
  return nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                                request_.body.empty() ? nullptr : &body, nullptr) > 0;
}

bool H2Fetch::write() {
  while (true) {
    if (out_.empty()) {
      const uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
      if (size <= 0) return size == 0;
      out_ = view_of(bytes, static_cast<size_t>(size));
    }
    const Io io = stream_->write(out_);
    if (io.state == Io::State::blocked) return true;
    if (io.state != Io::State::done) return false;
    out_.erase(0, io.count);
  }
}

Result<void> H2Fetch::take(std::string_view bytes) {
  if (received_ == 0 && bytes.starts_with("HTTP/1.")) {
    return fail(Code::malformed, Side::upstream, "the server answers with HTTP/1, not HTTP/2");
  }
  received_ += bytes.size();
  if (received_ > max_body_ + kMostOverhead) {
    return fail(Code::too_large, Side::upstream, "the response does not come to its end");
  }
  const ssize_t taken = nghttp2_session_mem_recv(session_.get(), bytes_of(bytes), bytes.size());
  if (taken == NGHTTP2_ERR_CALLBACK_FAILURE) {
    return fail(Code::too_large, Side::upstream, "the response has too many or too long fields");
  }
  if (taken < 0) {
    return fail(Code::malformed, Side::upstream,
                fmt::format("malformed response: {}", nghttp2_strerror(static_cast<int>(taken))));
  }
  return {};
}

std::unexpected<Error> H2Fetch::broken_off() const {
  return fail(Code::malformed, Side::upstream,
              closed_by_ == 0 ? "the server ended the stream without a response"
                              : fmt::format("the stream was broken off: {}",
                                            nghttp2_http2_strerror(closed_by_)));
}

net::Task<Result<void>> H2Fetch::exchange() {
  std::array<char, 16 * 1024> bytes;
  while (true) {
    if (!write()) co_return fail(Code::reset, Side::upstream, "the connection was reset");
    if (is_over_) co_return Result<void>();
    // The session gave up: what came was no HTTP/2, or the server went away.
    if (!nghttp2_session_want_read(session_.get())) {
      co_return fail(Code::malformed, Side::upstream, "the server does not speak HTTP/2");
    }
    const Io io = stream_->read(bytes);
    switch (io.state) {
      case Io::State::done: {
        const Result<void> taken = take({bytes.data(), io.count});
        if (!taken) co_return taken;
        break;
      }
      case Io::State::end:
        co_return fail(Code::closed, Side::upstream,
                       "the connection was closed without a response");
      case Io::State::failed:
        co_return fail(io.code, Side::upstream, "the connection was reset before its response");
      case Io::State::blocked: {
        net::Event* writable = out_.empty() ? nullptr : &stream_->writable();
        const std::array<net::Event*, 2> events = {&stream_->readable(), writable};
        if (co_await net::wait_for_any(alarm_, deadline_, events) == Woke::event) break;
        co_return fail(Code::timeout, Side::upstream,
                       fmt::format("no response within {}", net::span_text(deadline_ - began_)));
      }
    }
  }
}

net::Task<Result<Fetched>> H2Fetch::run(const Address& address,
                                        std::shared_ptr<net::TlsClient> tls) {
  const std::string& host = request_.host;
  const std::string authority = !host.empty() ? host : host_for(address, tls.get());
  if (!can_be_sent(request_, authority)) {
    co_return fail(Code::invalid, Side::internal,
                   "a field or the path holds what no request may hold");
  }
  auto stream = co_await net::dial_tls(network_, address, {tls, kHttp2}, deadline_);
  if (!stream) co_return std::unexpected(stream.error());
  stream_ = std::move(*stream);
  if (!begin(tls ? "https" : "http", authority))
    co_return fail(Code::internal, Side::internal, "no HTTP/2 session");
  const Result<void> done = co_await exchange();
  if (!done) co_return std::unexpected(done.error());
  const bool cut = !fetched_.is_whole;
  if (fetched_.status == 0 || (closed_by_ != 0 && !cut)) co_return broken_off();
  // In order for the server, without a wait for it.
  nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR);
  write();
  co_return std::move(fetched_);
}

}  // namespace

net::Task<Result<Fetched>> fetch_h2(net::Network& network, Address address, FetchRequest request,
                                    Instant deadline, size_t max_body,
                                    std::shared_ptr<net::TlsClient> tls) {
  H2Fetch one(network, request, deadline, max_body);
  co_return co_await one.run(address, std::move(tls));
}

}  // namespace fairlead::http

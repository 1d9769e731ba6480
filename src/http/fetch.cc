#include "http/fetch.h"

#include <fmt/format.h>

#include <memory>

#include "http/h1_client.h"
#include "http/message_pool.h"
#include "net/tls_connect.h"

namespace fairlead::http {

using net::Io;
using net::Woke;

namespace {

// Of whoever we ask: a status page or a health answer has no more, and a hostile one no less
// reason.
constexpr wire::http1::Limits kLimits{
    .max_head = 32 * 1024, .max_line = 8 * 1024, .max_fields = 200};

constexpr std::string_view kHttp1[] = {"http/1.1"};

// One fetch over one connection, step by step; the caller's coroutine frame holds it.
class Fetch {
 public:
  Fetch(net::Network& network, const FetchRequest& request, Instant deadline)
      : network_(network),
        request_(request),
        alarm_(network.wheel()),
        began_(network.now()),
        deadline_(deadline) {}

  net::Task<Result<Fetched>> run(const Address& address, size_t max_body,
                                 std::shared_ptr<net::TlsClient> tls);

 private:
  using Done = Result<void>;

  bool send_head(const std::string& default_host);
  net::Task<Done> send_body();
  net::Task<Done> read_head();
  void note_fields(const Fields& fields);
  net::Task<Done> read_body(size_t max_body);
  std::unexpected<Error> too_late(std::string_view what) const;

  net::Network& network_;
  const FetchRequest& request_;
  net::Alarm alarm_;
  Instant began_;
  Instant deadline_;
  std::unique_ptr<H1Client> client_;
  Fetched fetched_;
};

std::unexpected<Error> Fetch::too_late(std::string_view what) const {
  return fail(Code::timeout, Side::upstream,
              fmt::format("{} within {}", what, net::span_text(deadline_ - began_)));
}

bool Fetch::send_head(const std::string& default_host) {
  const PooledRequest head = take_request();
  head->fields.clear();
  head->method_text = request_.method;
  head->method = request_.method == "HEAD" ? Method::head : Method::other;
  if (request_.method == "GET") head->method = Method::get;
  head->target = request_.path;
  head->authority = request_.host;
  head->upgrade = false;
  head->expect_continue = false;
  const bool has_body = !request_.body.empty() || request_.method == "POST";
  head->framing = has_body ? Framing::length : Framing::none;
  head->content_length = request_.body.size();
  for (const auto& [name, value] : request_.fields)
    head->fields.add({.name = name, .value = value});
  head->fields.add({.name = "connection", .value = "close", .id = FieldId::connection});
  return client_->send(*head, default_host);
}

net::Task<Result<void>> Fetch::send_body() {
  std::string_view rest = request_.body;
  Sink& sink = client_->sink();
  while (true) {
    Io io = rest.empty() ? sink.finish({}) : sink.write({rest.data(), rest.size()});
    if (io.state == Io::State::done && rest.empty()) co_return Done();
    if (io.state == Io::State::done) {
      rest.remove_prefix(io.count);
      continue;
    }
    if (io.state == Io::State::blocked && !rest.empty()) {
      io = sink.flush();
      if (io.state == Io::State::done && io.count > 0) continue;
    }
    // A server may answer and close before it has read all: what it said is worth reading.
    if (io.state == Io::State::failed) co_return Done();
    net::Stream& stream = client_->stream();
    if (co_await net::wait_for(alarm_, deadline_, stream.writable()) == Woke::deadline) {
      co_return too_late("the request was not taken");
    }
  }
}

void Fetch::note_fields(const Fields& fields) {
  fetched_.content_type = fields.find(FieldId::content_type).value_or("");
  for (const Field& field : fields.all()) {
    std::string name(field.name);
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    fetched_.fields.emplace_back(std::move(name), field.value);
  }
}

net::Task<Result<void>> Fetch::read_head() {
  const PooledResponse head = take_response();
  uint32_t interim_heads = 0;
  while (true) {
    switch (client_->read_head(*head)) {
      case H1Reader::State::complete:
        if (head->status < 200 && head->status != 101) {
          if (++interim_heads <= kMostInterimHeads) continue;
          co_return fail(Code::malformed, Side::upstream, "too many interim responses");
        }
        fetched_.status = head->status;
        note_fields(head->fields);
        co_return Done();
      case H1Reader::State::end:
        co_return fail(Code::closed, Side::upstream,
                       "the connection was closed without a response");
      case H1Reader::State::fault:
        co_return fail(Code::malformed, Side::upstream,
                       "malformed response: " + client_->error().detail);
      case H1Reader::State::failed:
        co_return fail(client_->error().code, Side::upstream,
                       client_->error().detail + " before its response");
      case H1Reader::State::blocked: break;
    }
    net::Stream& stream = client_->stream();
    if (co_await net::wait_for(alarm_, deadline_, stream.readable()) == Woke::deadline) {
      co_return too_late("no response");
    }
  }
}

net::Task<Result<void>> Fetch::read_body(size_t max_body) {
  Source& source = client_->source();
  while (true) {
    const Piece piece = source.peek(true);
    if (piece.state == Piece::State::end) co_return Done();
    if (piece.state == Piece::State::failed) co_return std::unexpected(source.error());
    if (piece.state == Piece::State::data) {
      const size_t size = std::min(piece.bytes.size(), max_body - fetched_.body.size());
      fetched_.body.append(piece.bytes.data(), size);
      source.consume(size);
      fetched_.is_whole = size == piece.bytes.size();
      if (!fetched_.is_whole) co_return Done();
      continue;
    }
    if (co_await net::wait_for(alarm_, deadline_, source.stream().readable()) == Woke::deadline) {
      co_return too_late("the response was not complete");
    }
  }
}

net::Task<Result<Fetched>> Fetch::run(const Address& address, size_t max_body,
                                      std::shared_ptr<net::TlsClient> tls) {
  auto stream = co_await net::dial_tls(network_, address, {tls, kHttp1}, deadline_);
  if (!stream) co_return std::unexpected(stream.error());
  client_ = std::make_unique<H1Client>(std::move(*stream), kLimits);
  // RFC 9112 3.2: a Host is due even where there is none to name, as at a Unix socket.
  const std::string default_host = host_for(address, tls.get());
  if (!send_head(default_host)) {
    co_return fail(Code::invalid, Side::internal,
                   "a field or the path holds what no request may hold");
  }
  Done done = co_await send_body();
  if (done) done = co_await read_head();
  if (done) done = co_await read_body(max_body);
  if (!done) co_return std::unexpected(done.error());
  co_return std::move(fetched_);
}

}  // namespace

std::string host_for(const Address& address, const net::TlsClient* tls) {
  if (tls != nullptr && !tls->server_name().empty()) return tls->server_name();
  return address.is_unix() ? "localhost" : address.text();
}

net::Task<Result<Fetched>> fetch(net::Network& network, Address address, FetchRequest request,
                                 Instant deadline, size_t max_body,
                                 std::shared_ptr<net::TlsClient> tls) {
  Fetch one(network, request, deadline);
  co_return co_await one.run(address, max_body, std::move(tls));
}

}  // namespace fairlead::http

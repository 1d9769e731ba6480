#include "proxy/dialer.h"

#include "proxy/worker.h"

namespace fairlead::proxy {
namespace {

net::TlsClientOptions options_of(const core::BackendTlsConfig& tls) {
  return {
      .ca = tls.ca_text,
      .server_name = tls.server_name,
      .verify = tls.verify,
      .certificate = {.certificates = tls.certificate.cert_text, .key = tls.certificate.key_text},
      .only_1_3 = tls.min_version == core::TlsVersion::v1_3};
}

constexpr std::string_view kHttp1[] = {"http/1.1"};
constexpr std::string_view kHttp2[] = {"h2"};
constexpr std::string_view kBoth[] = {"h2", "http/1.1"};

}  // namespace

net::Protocols protocols_of(const core::PoolConfig& pool, bool alone) {
  if (alone || pool.protocol == core::UpstreamProtocol::http1) return kHttp1;
  return pool.protocol == core::UpstreamProtocol::http2 ? net::Protocols(kHttp2)
                                                        : net::Protocols(kBoth);
}

std::vector<uint32_t> Dialer::obey(const core::Snapshot& snapshot) {
  std::map<std::string, Speech> before;
  before.swap(pools_);
  std::vector<uint32_t> changed;
  for (const auto& pool : snapshot.pools) {
    const auto known = before.find(pool->config->name);
    Speech& speech = pools_[pool->config->name];
    if (known != before.end()) speech = std::move(known->second);
    speech.series = pool->series;
    const core::PoolConfig& config = *pool->config;
    if (speech.tls == config.tls && speech.protocol == config.protocol) continue;
    if (speech.tls != config.tls) renew(speech, config);
    speech.protocol = config.protocol;
    if (known == before.end()) continue;
    for (const core::Member& member : pool->members) changed.push_back(member.backend->id());
  }
  return changed;
}

void Dialer::renew(Speech& speech, const core::PoolConfig& pool) {
  speech.tls = pool.tls;
  if (!pool.tls) return speech.client.reset();
  auto client =
      net::TlsClient::make(worker_.tls_library(), options_of(*pool.tls), worker_.network());
  if (client) {
    speech.client = std::move(*client);
  } else {
    worker_.outside().log().error(
        "pool {}: {}; {}", pool.name, client.error().detail,
        speech.client ? "it goes on with what it had" : "nothing is sent to its backends");
  }
}

net::Task<Result<std::unique_ptr<net::Stream>>> Dialer::dial(const core::PoolConfig& pool,
                                                             const core::Backend& backend,
                                                             net::Protocols protocols,
                                                             Instant deadline, net::Stops stops) {
  auto stream = co_await net::dial(worker_.network(), backend.address(), deadline, stops);
  if (!stream) co_return stream;
  const auto now = pools_.find(pool.name);
  if (now == pools_.end() ? !pool.tls : !now->second.tls) co_return stream;
  co_return co_await encrypt(std::move(*stream), pool, backend, protocols, deadline, stops);
}

net::Task<Result<std::unique_ptr<net::Stream>>> Dialer::encrypt(
    std::unique_ptr<net::Stream> stream, const core::PoolConfig& pool, const core::Backend& backend,
    net::Protocols protocols, Instant deadline, net::Stops stops) {
  const auto found = pools_.find(pool.name);
  const auto client = found == pools_.end() ? nullptr : found->second.client;
  // The pool is gone since the exchange began, or its TLS could not be set up.
  if (!client) co_return fail(Code::internal, Side::internal, "tls: it is not set up");
  const auto series = found->second.series;  // also if the pool goes meanwhile
  core::TlsTally& tally = series->tally.of(worker_.index()).tls;
  auto encrypted = co_await net::tls_connect(worker_.network(), std::move(stream), client,
                                             backend.address(), protocols, deadline, stops);
  if (!encrypted) {
    Error error = std::move(encrypted.error());
    if (error.side == Side::upstream) {
      tally.failures.add(error.code);
      if (error.code != Code::connect_timeout) error.code = Code::tls_handshake;
    }
    co_return std::unexpected(std::move(error));
  }
  const auto now = pools_.find(pool.name);
  if (now == pools_.end() || now->second.client != client)
    co_return fail(Code::draining, Side::internal, "its TLS has changed meanwhile", Again::yes);
  const net::TlsStream& made = **encrypted;
  (made.tls().version == "TLSv1.2" ? tally.handshakes_1_2 : tally.handshakes_1_3).add();
  if (made.tls().is_resumed) tally.resumed.add();
  co_return std::move(*encrypted);
}

}  // namespace fairlead::proxy

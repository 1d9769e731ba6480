#include "proxy/key_facts.h"

#include "proxy/cookie.h"
#include "proxy/header.h"

namespace fairlead::proxy {
namespace {

class ConnectionFacts final : public core::KeyFacts {
 public:
  explicit ConnectionFacts(const net::Stream& stream) : stream_(stream) {}
  Ip client() const override { return stream_.peer().ip(); }
  uint16_t client_port() const override { return stream_.peer().port(); }
  Address local() const override { return stream_.local(); }
  std::string_view sni() const override { return stream_.tls().server_name; }

 private:
  const net::Stream& stream_;
};

class RequestFacts final : public core::KeyFacts {
 public:
  RequestFacts(http::Exchange& exchange, const http::Prepared& prepared, const core::JsonText* body)
      : exchange_(exchange), prepared_(prepared), body_(body) {}
  Ip client() const override { return prepared_.client; }
  uint16_t client_port() const override { return exchange_.stream().peer().port(); }
  Address local() const override { return exchange_.stream().local(); }
  std::string_view header(std::string_view name) const override {
    // The first of the name that is passed on: what a stranger claims is no key.
    return header_of(exchange_.request(), name);
  }
  std::string_view cookie(std::string_view name) const override {
    return cookie_of(exchange_.request().fields, name);
  }
  std::string_view query() const override { return exchange_.request().query; }
  std::string_view path() const override { return prepared_.path; }
  std::string_view host() const override { return prepared_.host; }
  std::string_view sni() const override { return exchange_.stream().tls().server_name; }
  std::optional<std::string> body(std::string_view pointer) const override {
    return body_ ? body_->key_at(pointer) : std::nullopt;
  }

 private:
  http::Exchange& exchange_;
  const http::Prepared& prepared_;
  const core::JsonText* body_;
};

}  // namespace

core::Key key_of(const core::BalanceConfig& balance, http::Exchange& exchange,
                 const http::Prepared& prepared, const core::JsonText* body) {
  if (!balance.key) return {};
  return core::key_of(*balance.key, balance.fallback, RequestFacts(exchange, prepared, body));
}

core::Key key_of(const core::SideConfig& side, http::Exchange& exchange,
                 const http::Prepared& prepared, const core::JsonText* body) {
  return core::key_of(*side.key, side.fallback, RequestFacts(exchange, prepared, body));
}

core::Key key_of(const core::BalanceConfig& balance, const net::Stream& stream) {
  if (!balance.key) return {};
  return core::key_of(*balance.key, balance.fallback, ConnectionFacts(stream));
}

}  // namespace fairlead::proxy

// DescribedRequest: a request that nobody sent, as `fairlead explain` is asked about it.
//
// Filled from words upstairs (control/explain_request); here it only answers what routes, templates
// and keys ask of a request, in the same terms as one that came over a socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "core/conditions.h"
#include "core/hash_key.h"
#include "core/json_text.h"
#include "core/template.h"

namespace fairlead::core {

struct DescribedRequest {
  Protocol protocol = Protocol::http;
  std::string method = "GET";
  std::string scheme = "http";   // http, https or tcp, as it was asked
  bool scheme_said = false;      // else it is that of the listener
  std::string host;              // in lower case, without the port
  std::optional<uint16_t> port;  // as it was said; nothing: that of the scheme
  std::string path = "/";        // normalised, without the query
  std::string query;
  bool has_query = false;
  // Those that are passed on, with what Fairlead adds; names in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
  Ip client;                 // behind trusted proxies, if any
  uint16_t client_port = 0;  // 0: not said
  // How the client came, as trusted proxies tell it; empty: as it was asked.
  std::string outside_scheme;
  std::string outside_host;
  std::string body;
  bool has_body = false;
  // Of its certificate, as in net::TlsFacts; empty: it shows none.
  std::string certificate_subject;
  std::string certificate_names;
  std::string sni;                          // that it connects to; empty: none
  std::string request_id = "{request_id}";  // a new one is made when a request comes
  std::string listener;  // the name of the one that it comes to; empty: found by scheme and port

  // The port that the client connects to; 0 for tcp without one.
  uint16_t port_meant() const;
  // The first of that name (in lower case), or "".
  std::string_view header(std::string_view name) const;
  // The first cookie of that name, or "".
  std::string_view cookie(std::string_view name) const;
};

// One as the router's conditions ask for it. A view.
class DescribedHeaders final : public HeaderFacts {
 public:
  explicit DescribedHeaders(const DescribedRequest& request) : request_(request) {}
  bool any(std::string_view name, const Pattern& pattern) const override;
  bool any_cookie(std::string_view name, const Pattern& pattern) const override;

 private:
  const DescribedRequest& request_;
};

// The body of one as JSON, where it has at most `most` bytes. A view; nothing where it is no JSON.
std::optional<JsonText> json_of(const DescribedRequest& request, uint32_t most);

// What templates ask.
class DescribedFacts final : public TemplateFacts {
 public:
  explicit DescribedFacts(const DescribedRequest& request) : request_(request) {}
  void append(std::string& out, Fact fact, std::string_view name) const override;

 private:
  const DescribedRequest& request_;
};

// What keys are made of. `local`: where the client connected to; `body`: null where it is no JSON.
class DescribedKeyFacts final : public KeyFacts {
 public:
  DescribedKeyFacts(const DescribedRequest& request, Address local, const JsonText* body)
      : request_(request), local_(std::move(local)), body_(body) {}
  Ip client() const override { return request_.client; }
  uint16_t client_port() const override { return request_.client_port; }
  Address local() const override { return local_; }
  std::string_view header(std::string_view name) const override { return request_.header(name); }
  std::string_view cookie(std::string_view name) const override { return request_.cookie(name); }
  std::string_view query() const override { return request_.query; }
  std::string_view path() const override { return request_.path; }
  std::string_view host() const override { return request_.host; }
  std::string_view sni() const override { return request_.sni; }
  std::optional<std::string> body(std::string_view pointer) const override {
    return body_ ? body_->key_at(pointer) : std::nullopt;
  }

 private:
  const DescribedRequest& request_;
  Address local_;
  const JsonText* body_;
};

// A view of all of these. `body`: as above.
Facts facts_of(const DescribedRequest& request, const DescribedHeaders& headers,
               const JsonText* body);

}  // namespace fairlead::core

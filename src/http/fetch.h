// fetch: one request to one address, its response whole, on a connection of its own.
//
// For what Fairlead itself asks of others: health probes, `fairlead status`, later discovery. The
// data path never comes here. Follows no redirect, resolves no name, keeps no connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "net/network.h"
#include "net/task.h"
#include "net/tls_client.h"

namespace fairlead::http {

struct FetchRequest {
  std::string method = "GET";
  std::string host{};      // of the Host field; empty: the server_name of TLS, or the address
  std::string path = "/";  // with its query
  std::vector<std::pair<std::string, std::string>> fields{};  // further ones; not Host or framing
  std::string body{};
};

struct Fetched {
  uint16_t status = 0;
  std::string content_type{};
  std::vector<std::pair<std::string, std::string>> fields{};  // all, names in lower case
  std::string body{};
  bool is_whole = true;  // false: the body went on beyond `max_body`, and the rest was not read
};

// What a request names where it is told no host: who must answer over TLS, else the address. The
// path of a Unix socket is no name.
std::string host_for(const Address& address, const net::TlsClient* tls);

// Errors, each with words for a person in `detail`: those of connect ("connection refused"),
// connect_timeout and timeout ("no response within 5.0 s"), closed and reset, malformed (what the
// server sent is no HTTP/1), invalid (what it was told to send is none). Interim responses are
// passed over. `tls`: how to speak TLS with it; null: not at all. Cost: a connection.
net::Task<Result<Fetched>> fetch(net::Network& network, Address address, FetchRequest request,
                                 Instant deadline, size_t max_body,
                                 std::shared_ptr<net::TlsClient> tls = {});

}  // namespace fairlead::http

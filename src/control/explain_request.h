// From the words that somebody asks about to a request that core::explain() understands.
//
// The words are made into the bytes that a client would send and read by the same codec, so what
// Fairlead would refuse is refused here too, and in the same words. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/explain/described_request.h"
#include "core/snapshot.h"

namespace fairlead::control {

struct AskedRequest {
  // "GET https://shop.example/api/1", "/api/1", or "tcp://:5432" for a connection; the method is
  // GET when none is said. At most 16 KiB.
  std::string request;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string client{};    // its address, perhaps with its port; empty: 127.0.0.1
  std::string listener{};  // its name; empty: found by scheme and port
  std::string body{};      // empty: none. At most 1 MiB
  // What the client's certificate says of it: "CN=alice,O=Example"; "DNS:alice.example" and others.
  std::string certificate_subject{};
  std::vector<std::string> certificate_names{};
  std::string sni{};  // the name that it connects to; empty: the host, where it comes by https
};

// "cookie: group=canary" as curl takes it, or what is wrong.
std::expected<std::pair<std::string, std::string>, std::string> parse_header(std::string_view text);

// Or why no such request can be asked about, in words.
std::expected<core::DescribedRequest, std::string> describe(const AskedRequest& asked,
                                                            const core::Snapshot& snapshot);

// The same from the JSON body of POST /api/v1/explain: {"request": ..., "headers": {name: value or
// list of values}, "client": ..., "listener": ..., "body": ..., "sni": ..., "certificate":
// {"subject": ..., "san": name or list of names}}; only `request` must be there.
std::expected<AskedRequest, std::string> parse_asked(std::string_view json);
std::string to_json(const AskedRequest& asked);

}  // namespace fairlead::control

// What a certificate says of itself, and why one cannot be used.
//
// Read by net/inspect_certificate, shown by control/; core/config keeps it beside the paths.
#pragma once

#include <string>
#include <vector>

#include "base/instant.h"

namespace fairlead {

struct CertificateFacts {
  std::vector<std::string>
      names;            // that it is good for, in lower case: hosts, "*.example.com", IPs
  std::string subject;  // RFC 4514: "CN=shop.example"
  std::string key;      // "RSA 2048", "EC P-256"
  WallTime begins{};
  WallTime expires{};

  bool operator==(const CertificateFacts&) const = default;
};

// What a certificate's issuer says of it (RFC 6960), and for how long.
struct StapleFacts {
  WallTime begins{};
  WallTime expires{};  // its nextUpdate

  bool operator==(const StapleFacts&) const = default;
};

// In words that name no file: whoever read it knows its name.
struct CertificateFault {
  enum class In : unsigned char { certificate, key };
  In in = In::certificate;
  std::string message;  // "it is encrypted"
  std::string hint;     // what to do about it; may be empty
};

}  // namespace fairlead

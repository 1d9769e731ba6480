// Conditions: what a route asks for, held against the facts of a request.
//
// The one place that knows what `match` means: the router takes a route by it, its index is checked
// against it, and `explain` says by it what was in the way.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/address.h"
#include "core/config/config.h"

namespace fairlead::core {

class JsonText;

// Whether a rule for the header `name` is one for this field: in any case, and with underscores for
// dashes, because CGI, WSGI and the like see both as one.
bool is_same_header(std::string_view field, std::string_view name);

// How conditions ask about header fields without knowing how they are kept. Every field counts: a
// rule cannot be slipped past by sending a name twice.
class HeaderFacts {
 public:
  virtual ~HeaderFacts() = default;
  // Whether any field of this name (lower case) has a value that the pattern matches.
  virtual bool any(std::string_view name, const Pattern& pattern) const = 0;
  // The same for cookies, in whatever field they came.
  virtual bool any_cookie(std::string_view name, const Pattern& pattern) const = 0;
};

// What is known of a request; views that live as long as the call. A connection without HTTP has
// only a client.
struct Facts {
  std::string_view host = {};            // in lower case, without the port
  std::string_view path = {};            // normalised (docs/paths.md), without the query
  std::string_view query = {};           // as sent, without the `?`
  std::string_view method = {};          // as sent
  const HeaderFacts* headers = nullptr;  // null: there are none
  Ip client = {};
  // Of the certificate that the client itself has shown here; empty: it has shown none.
  std::string_view client_subject = {};
  std::string_view client_names = {};  // as in net::TlsFacts
  const JsonText* body = nullptr;      // null: there is none, or it is no JSON
  bool body_unread = false;            // there is one, and nobody has looked at it yet
  bool is_https = false;               // as the client came, whoever ended its TLS
};

// What a route may ask for, in the order in which it is looked at.
enum class Condition : uint8_t {
  scheme,
  host,
  path,
  method,
  client,
  certificate,
  headers,
  cookies,
  query,
  body,  // last: it may have to be waited for
};

// The first of what the route asks for that does not hold; nothing: all holds, so it is taken.
// Cost: linear in its patterns.
std::optional<Condition> failing_condition(const RouteConfig& route, const Facts& facts);

// The same without a look at host and path.
std::optional<Condition> failing_beyond_place(const RouteConfig& route, const Facts& facts);

// Whether a route is taken by what does not hold. One that lacks nothing but a look at a body that
// nobody has read yet is taken, too: who has read it asks again.
inline bool is_taken(std::optional<Condition> failing, const Facts& facts) {
  return !failing || (*failing == Condition::body && facts.body_unread);
}

// Whether all that `match` names holds. Cost: as above.
bool matches(const MatchConfig& match, const Facts& facts);

// The parts of the above, for the router's index and for `explain`.
bool host_matches(const MatchConfig& match, const Facts& facts);
bool path_matches(const MatchConfig& match, const Facts& facts);
bool cookie_matches(const Facts& facts, std::string_view name, const Pattern& pattern);
bool query_matches(const Facts& facts, std::string_view name, const Pattern& pattern);
bool body_matches(const Facts& facts, std::string_view pointer, const Pattern& pattern);
bool subject_matches(const CertificateMatch& match, const Facts& facts);
bool san_matches(const CertificateMatch& match, const Facts& facts);

// Whether the route is for those alone who did not come by https.
bool passes_over_https(const RouteConfig& route);

// Whether the route asks for anything but scheme, host and path.
bool asks_beyond_place(const MatchConfig& match);

// Whether no route behind this one is ever reached. One that passes over who came by https, or that
// asks for a header, leaves something to others.
bool takes_everything(const RouteConfig& route);

}  // namespace fairlead::core

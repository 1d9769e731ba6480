#include "http/prepare.h"

#include <algorithm>

#include "wire/uri_path.h"
#include "wire/websocket.h"

namespace fairlead::http {
namespace {

std::unexpected<Error> refuse(std::string detail) {
  return fail(Code::malformed, Side::downstream, std::move(detail));
}

// Makes the target that is sent on, of the normalised path and the query; gives the path.
Result<std::string_view> normalise_target(Request& request, wire::EncodedSlash encoded_slash,
                                          Scratch& scratch) {
  if (request.form == wire::http1::TargetForm::asterisk) {
    request.target = request.path;  // RFC 9112 3.2.4: it may have come as "http://host"
    return request.path;
  }
  // Storage is needed only where the path is not normal already, and that is rare.
  wire::NormalPath normal =
      wire::normalise_path(request.path, scratch.take(request.path.size()), encoded_slash);
  if (normal.fault != wire::PathFault::none) return refuse(wire::explain(normal.fault));
  const bool unchanged =
      normal.path.data() == request.path.data() && normal.path.size() == request.path.size();
  if (!unchanged || request.form != wire::http1::TargetForm::origin) {
    request.target =
        request.has_query ? scratch.join({normal.path, "?", request.query}) : normal.path;
  }
  request.path = normal.path;
  return normal.path;
}

bool asks_for_h2c(const Fields& fields) {
  return std::ranges::any_of(fields.all(), [](const Field& field) {
    if (field.id != FieldId::upgrade) return false;
    std::string_view rest = field.value;
    while (rest.size() >= 2) {
      if (wire::http1::equals_ignoring_case(rest.substr(0, 2), "h2")) return true;
      rest.remove_prefix(1);
    }
    return false;
  });
}

// Over HTTP/2 a client makes no key; the backend, which speaks HTTP/1.1, wants one (RFC 8441 5.1).
void add_websocket_key(Request& request, Scratch& scratch, Random& random) {
  if (!request.upgrade || request.fields.find("sec-websocket-key")) return;
  if (!wire::http1::equals_ignoring_case(request.fields.find(FieldId::upgrade).value_or(""),
                                         "websocket"))
    return;
  const std::string key = wire::websocket_key(random.next(), random.next());
  request.fields.add({.name = "sec-websocket-key", .value = scratch.join({key})});
}

}  // namespace

Result<Prepared> prepare(Request& request, Scratch& scratch, const Reception& reception,
                         wire::EncodedSlash encoded_slash, Random& random) {
  if (request.method == Method::connect) {
    return fail(Code::unsupported, Side::downstream, "CONNECT is not for a reverse proxy");
  }
  // "Upgrade: h2c" would open a tunnel in which every further request passes the routes by.
  if (request.upgrade && asks_for_h2c(request.fields)) request.upgrade = false;
  add_websocket_key(request, scratch, random);
  auto path = normalise_target(request, encoded_slash, scratch);
  if (!path) return std::unexpected(path.error());

  Prepared prepared;
  prepared.path = *path;
  prepared.host = host_of(request.authority, scratch);
  if (!tell_who_asked(request, scratch, reception, random, prepared))
    return fail(Code::too_large, Side::downstream, "too many fields to add those of a proxy");
  return prepared;
}

}  // namespace fairlead::http

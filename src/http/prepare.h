// What every request that is passed on gets and loses on its way to the backend.
//
// Done once, before routing, and by `explain` for a request that nobody sent: the path is
// normalised (the one that rules match is the one that is sent), who asked is written down
// (X-Forwarded-*), and the request gets its id. What untrusted peers say about those things is
// removed (docs/client-address.md).
#pragma once

#include "base/random.h"
#include "base/result.h"
#include "http/message.h"
#include "http/prepared.h"
#include "http/scratch.h"
#include "http/who_asked.h"
#include "wire/uri_path.h"

namespace fairlead::http {

// Edits the request, in texts of the scratch. Error (downstream's fault): it must be refused,
// `detail` says why.
Result<Prepared> prepare(Request& request, Scratch& scratch, const Reception& reception,
                         wire::EncodedSlash encoded_slash, Random& random);

}  // namespace fairlead::http

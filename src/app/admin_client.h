// One question to the admin address of a running instance: what the commands that talk to one
// share.
#pragma once

#include "base/address.h"
#include "http/fetch.h"

namespace fairlead::app {

// The whole answer, whatever its status. Waits for it, 30 s at most. Errors: those of http::fetch;
// too_large.
Result<http::Fetched> ask_admin(const Address& admin, http::FetchRequest request);

// Says on standard error why there is no answer, or none of Fairlead's (`unsupported`,
// `malformed`).
void complain_of_admin(const Address& admin, const Error& error);

}  // namespace fairlead::app

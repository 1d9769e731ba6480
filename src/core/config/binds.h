// Binds: which addresses cannot be listened on together.
#pragma once

#include "base/address.h"
#include "core/config/reader.h"

namespace fairlead::core {

// Whether one connection could arrive at both: the same address, or one that the other includes.
// `:80` is every address of the machine, `0.0.0.0:80` every one of IPv4. Port 0 overlaps with
// nothing. We refuse to listen on both: the kernel would not say which gets the connection.
bool overlap(const Address& a, const Address& b);

// Reports addresses that are bound twice, with both places; a warning where one of them is
// `admin` by default, which the command line may still change.
void check_binds(Reader& reader);

}  // namespace fairlead::core

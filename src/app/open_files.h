// How many files this process may have open, and how many proxied connections that allows.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fairlead::app {

// Raises the soft limit to the hard one. The limit that is then in force; 0 where it is unknown.
uint64_t raise_open_files();

// Of clients, for each worker: two descriptors each. Kept back are those that are needed at once,
// and for what comes and goes (probes, admin connections, pipes that bulk is spliced through) what
// all of it may take, but at most half of the rest: a small limit still serves some. At least 1.
size_t connections_of_each(uint64_t open_files, uint32_t workers);

}  // namespace fairlead::app

// Claim: an address that sockets of ours listen at, and whose the file at a Unix socket's path is.
//
// A Unix socket leaves its file behind when it closes. To find out whose file is at a path, and
// then to remove it or to put another there, is one step, under path_mutex(): the last socket of an
// address may close on one thread while it is opened again on another.
#pragma once

#include <mutex>

#include "base/address.h"
#include "net/descriptor.h"

namespace fairlead::net {

// From the first of the sockets to the last, who share it. With the last the file of a Unix socket
// is removed, if it is still the one that was made for it. Destroyed on any thread that does not
// hold path_mutex().
class Claim {
 public:
  // `file`: of a Unix address the file that bind() has just made there, opened.
  explicit Claim(Address address, Descriptor file = {});
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim();

  const Address& address() const { return address_; }
  // Whether the file at a Unix address is still ours. False for other addresses.
  bool has_file() const;

 private:
  Address address_;
  Descriptor file_;  // of a Unix socket: keeps the inode's number from being used again
};

// Of the whole process, for all paths.
std::mutex& path_mutex();

// Removes the file of a Unix address where it is that of `beside` (may be null) or a leftover of a
// process that died. False: a file that is no socket is there. REQUIRES: path_mutex() is held.
bool clear_path(const Address& address, const Claim* beside);

}  // namespace fairlead::net

#include "net/claim.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "net/socket_address.h"

namespace fairlead::net {
namespace {

// A Unix socket file that nobody listens behind is a leftover of a process that died.
bool is_stale(const Address& address) {
  const SocketAddress to = to_socket_address(address);
  Descriptor trial(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return connect(trial.get(), &to.value.any, to.size) != 0 && errno == ECONNREFUSED;
}

}  // namespace

Claim::Claim(Address address, Descriptor file)
    : address_(std::move(address)), file_(std::move(file)) {}

bool Claim::has_file() const {
  struct stat ours{};
  struct stat there{};
  return file_ && fstat(file_.get(), &ours) == 0 && lstat(address_.path().c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

Claim::~Claim() {
  if (!file_) return;
  const std::lock_guard lock(path_mutex());
  if (has_file()) unlink(address_.path().c_str());
}

std::mutex& path_mutex() {
  static std::mutex mutex;
  return mutex;
}

bool clear_path(const Address& address, const Claim* beside) {
  const char* path = address.path().c_str();
  struct stat status{};
  if (lstat(path, &status) != 0) return true;
  if (!S_ISSOCK(status.st_mode)) return false;
  if ((beside && beside->has_file()) || is_stale(address)) unlink(path);
  return true;
}

}  // namespace fairlead::net

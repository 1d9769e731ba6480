#include "app/sockets.h"

#include <fcntl.h>

#include <cerrno>

#include "net/kernel_error.h"
#include "net/socket_acceptor.h"

namespace fairlead::app {

// One socket for each worker; a Unix socket cannot be opened twice, so there all share one.
Result<std::vector<net::Descriptor>> Sockets::open_for_all(Address address) const {
  std::vector<net::Descriptor> sockets;
  for (uint32_t worker = 0; worker < workers_; ++worker) {
    if (address.is_unix() && worker > 0) {
      sockets.emplace_back(fcntl(sockets.front().get(), F_DUPFD_CLOEXEC, 0));
      if (!sockets.back())
        return fail(net::code_of_errno(errno), Side::internal, net::describe_errno(errno));
      continue;
    }
    auto socket = net::open_listener(address, true, worker == 0);
    if (!socket) return std::unexpected(socket.error());
    sockets.push_back(std::move(*socket));
    // Port 0 is the kernel's choice, once: the other workers join the first.
    if (!address.is_unix())
      address = Address(address.ip(), net::address_of(sockets.front()).port());
  }
  return sockets;
}

void Sockets::add(const Address& address, std::vector<net::Descriptor> sockets,
                  std::vector<std::vector<OpenSocket>>& by_worker) {
  opening_[address] =
      address.is_unix() ? address : Address(address.ip(), net::address_of(sockets.front()).port());
  for (uint32_t worker = 0; worker < workers_; ++worker) {
    by_worker[worker].push_back({address, std::move(sockets[worker])});
  }
}

std::expected<std::vector<std::vector<OpenSocket>>, core::Problems> Sockets::open(
    const core::Config& config) {
  std::vector<std::vector<OpenSocket>> by_worker(workers_);
  core::Problems problems;
  opening_.clear();
  for (const core::ListenerConfig& listener : config.listeners) {
    for (const Address& address : listener.bind) {
      if (open_.contains(address)) continue;
      auto sockets = open_for_all(address);
      if (!sockets) {
        core::Problem problem;
        problem.place = listener.place;
        problem.message = "listener `" + listener.name + "`: " + sockets.error().detail;
        if (sockets.error().code == Code::address_in_use) {
          problem.hint = "choose another port, or find who has it: ss -ltnp";
        }
        problems.push_back(std::move(problem));
        continue;
      }
      add(address, std::move(*sockets), by_worker);
    }
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return by_worker;
}

void Sockets::settle(const core::Config& config) {
  std::map<Address, Address> before = std::exchange(open_, {});
  before.merge(opening_);
  for (const core::ListenerConfig& listener : config.listeners) {
    for (const Address& address : listener.bind) open_[address] = before[address];
  }
}

std::vector<Address> Sockets::bound(const core::ListenerConfig& listener) const {
  std::vector<Address> addresses;
  for (const Address& address : listener.bind) {
    if (const auto found = open_.find(address); found != open_.end())
      addresses.push_back(found->second);
  }
  return addresses;
}

}  // namespace fairlead::app

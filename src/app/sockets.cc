#include "app/sockets.h"

#include <ranges>

#include "core/config/binds.h"
#include "net/socket_acceptor.h"

namespace fairlead::app {
namespace {

core::Problem cannot_open(const core::ListenerConfig& listener, const Address& address,
                          const Error& error) {
  core::Problem problem;
  problem.place = listener.place;
  problem.message = "listener `" + listener.name + "`: " + error.detail;
  problem.hint = hint_for(address, error.code);
  return problem;
}

}  // namespace

std::string hint_for(const Address& address, Code code) {
  const bool is_file = address.is_unix();
  if (code == Code::address_in_use) {
    return is_file ? "choose another path, or find who has it: ss -lxp"
                   : "choose another port, or find who has it: ss -ltnp";
  }
  if (code == Code::invalid && is_file) return "move that file away, or choose another path";
  if (code == Code::invalid) return "`ip address` shows those that it has";
  if (code == Code::not_found && is_file) return "make the folder, or choose another path";
  return {};
}

std::shared_ptr<const net::Claim> Sockets::neighbour_of(const Address& address) {
  std::erase_if(claims_, [](const auto& claim) { return claim.expired(); });
  // The newest claim owns the file at the path, where several close one after the other.
  for (const auto& weak : std::views::reverse(claims_)) {
    auto claim = weak.lock();
    if (claim && core::overlap(claim->address(), address)) return claim;
  }
  return nullptr;
}

Result<std::vector<net::ListeningSocket>> Sockets::open_at(const Address& address) {
  // An address of ours that this configuration, or one before, does without: its sockets close when
  // the workers come to it, which may be after this.
  const std::shared_ptr<const net::Claim> beside = neighbour_of(address);
  auto sockets = net::open_listeners(address, workers_, beside.get());
  if (sockets) claims_.push_back(sockets->front().claim);
  return sockets;
}

void Sockets::add(const Address& address, std::vector<net::ListeningSocket> sockets,
                  std::vector<std::vector<OpenSocket>>& by_worker) {
  opening_[address] = address.is_unix()
                          ? address
                          : Address(address.ip(), net::address_of(sockets.front().socket).port());
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
      auto sockets = open_at(address);
      if (sockets)
        add(address, std::move(*sockets), by_worker);
      else
        problems.push_back(cannot_open(listener, address, sockets.error()));
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

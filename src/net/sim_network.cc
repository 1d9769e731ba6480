#include "net/sim_network.h"

#include <fmt/format.h>

#include <utility>

namespace fairlead::net {

SimNetwork::SimNetwork(SimWorld& world, const Ip& host)
    : Network(world.now()), world_(world), host_(host) {
  world_.join(*this);
}

SimNetwork::~SimNetwork() { world_.leave(*this); }

bool SimNetwork::has_work() const {
  if (stopped_) return false;
  return !posted_.empty() || !ready_.empty() || wheel_.next() <= world_.now();
}

void SimNetwork::turn() {
  now_ = world_.now();
  for (auto& work : std::exchange(posted_, {})) work();
  wheel_.turn(now_, ready_);
  ready_.run();
}

void SimNetwork::run() {
  stopped_ = false;
  world_.run_until([this] { return stopped_; }, kNever);
}

Result<std::unique_ptr<Stream>> SimNetwork::connect(const Address& address) {
  const FaultPlan& plan = world_.plan_of(address.ip());
  if (world_.strikes(plan.exhausted)) {
    return fail(Code::exhausted, Side::internal, "no descriptor left", Again::yes);
  }
  const Address local = address.is_unix() ? address : Address(host_, world_.next_port());
  auto connection = std::make_shared<SimConnection>(world_, plan, local, address);
  auto stream = std::make_unique<SimStream>(connection, SimConnection::kClient, ready_);
  connection->begin();
  return stream;
}

Result<std::unique_ptr<Acceptor>> SimNetwork::listen(const Address& address) {
  Address at = address;
  if (!address.is_unix()) {
    const bool is_ours =
        address.ip().is_any() || address.ip() == host_ || address.ip().is_loopback();
    if (!is_ours) {
      return fail(Code::invalid, Side::internal,
                  fmt::format("cannot listen on {}: not an address of this host", address.text()));
    }
    at = Address(address.ip().is_any() ? host_ : address.ip(),
                 address.port() ? address.port() : world_.next_port());
  }
  const SimAcceptor* first = world_.first_at(at);
  if (first && (at.is_unix() || first->host() != host_)) {
    return fail(Code::address_in_use, Side::internal,
                fmt::format("cannot listen on {}: in use", address.text()));
  }
  return std::make_unique<SimAcceptor>(world_, *this, at);
}

SimAcceptor::SimAcceptor(SimWorld& world, SimNetwork& network, const Address& address)
    : world_(world), network_(network), address_(address) {
  world_.open(address_, *this);
}

SimAcceptor::~SimAcceptor() {
  world_.close(address_, *this);
  for (auto& stream : waiting_) stream->reset();
}

void SimAcceptor::offer(std::shared_ptr<SimConnection> connection) {
  waiting_.push_back(
      std::make_unique<SimStream>(std::move(connection), SimConnection::kServer, network_.ready()));
  acceptable_.set(network_.ready());
}

Result<std::unique_ptr<Stream>> SimAcceptor::accept() {
  if (waiting_.empty()) {
    acceptable_.clear();
    return nullptr;
  }
  if (world_.strikes(world_.plan_of(address_.ip()).exhausted)) {
    return fail(Code::exhausted, Side::internal, "no descriptor left");
  }
  std::unique_ptr<Stream> stream = std::move(waiting_.front());
  waiting_.pop_front();
  return stream;
}

}  // namespace fairlead::net

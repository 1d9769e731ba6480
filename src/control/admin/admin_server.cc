#include "control/admin/admin_server.h"

#include <utility>

namespace fairlead::control {
namespace {

// No descriptor is left: look again when one may have been freed.
constexpr Duration kOutOfDescriptors = 100ms;

class Count {
 public:
  explicit Count(uint32_t& counter) : counter_(counter) { ++counter_; }
  Count(const Count&) = delete;
  ~Count() { --counter_; }

 private:
  uint32_t& counter_;
};

}  // namespace

Result<std::unique_ptr<AdminServer>> AdminServer::open(net::Network& network,
                                                       const Address& address,
                                                       http::Service& service, Log& log) {
  auto acceptor = network.listen(address);
  if (!acceptor) return std::unexpected(acceptor.error());
  return std::unique_ptr<AdminServer>(new AdminServer(network, std::move(*acceptor), service, log));
}

AdminServer::AdminServer(net::Network& network, std::unique_ptr<net::Acceptor> acceptor,
                         http::Service& service, Log& log)
    : network_(network),
      acceptor_(std::move(acceptor)),
      service_(service),
      log_(log),
      alarm_(network.wheel()) {
  accepting_.spawn(accept());
}

net::Task<void> AdminServer::accept() {
  while (true) {
    auto stream = acceptor_->accept();
    if (!stream) {
      co_await net::sleep_until(alarm_, network_.now() + kOutOfDescriptors);
    } else if (*stream == nullptr) {
      co_await net::wait_for(alarm_, kNever, acceptor_->acceptable());
    } else if (connections_ < kMostConnections) {
      told_full_ = false;
      connections_scope_.spawn(serve(std::move(*stream)));
    } else if (!std::exchange(told_full_, true)) {
      log_.warning("admin: {} connections are open, further ones are closed at once",
                   kMostConnections);
    }
  }
}

net::Task<void> AdminServer::serve(std::unique_ptr<net::Stream> stream) {
  const Count count(connections_);
  co_await http::H1Connection::serve(network_, std::move(stream), service_);
}

}  // namespace fairlead::control

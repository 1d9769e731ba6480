// AdminServer: listens on the admin address and serves each connection by the AdminService.
//
// Goes on during a drain; destroying it closes the address and every connection.
#pragma once

#include <cstdint>
#include <memory>

#include "base/log.h"
#include "http/h1_connection.h"
#include "net/network.h"
#include "net/scope.h"

namespace fairlead::control {

class AdminServer {
 public:
  // More are closed at once: monitoring and a few people need no more, and traffic needs
  // descriptors.
  static constexpr uint32_t kMostConnections = 256;

  // Listens. The service outlives it. Errors: those of Network::listen.
  static Result<std::unique_ptr<AdminServer>> open(net::Network& network, const Address& address,
                                                   http::Service& service, Log& log);

  Address address() const {
    return acceptor_->local();
  }  // with the real port where 0 was asked for
  uint32_t connections() const { return connections_; }

 private:
  AdminServer(net::Network& network, std::unique_ptr<net::Acceptor> acceptor,
              http::Service& service, Log& log);
  net::Task<void> accept();
  net::Task<void> serve(std::unique_ptr<net::Stream> stream);

  net::Network& network_;
  std::unique_ptr<net::Acceptor> acceptor_;
  http::Service& service_;
  Log& log_;
  uint32_t connections_ = 0;
  bool told_full_ = false;
  net::Alarm alarm_;
  net::Scope connections_scope_;
  net::Scope accepting_;
};

}  // namespace fairlead::control

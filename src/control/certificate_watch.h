// CertificateWatch: says once a day which certificates are about to expire, or have.
//
// At the start and at each reload the configuration's own warnings say the same.
#pragma once

#include <functional>
#include <memory>

#include "base/log.h"
#include "core/snapshot.h"
#include "net/network.h"
#include "net/scope.h"

namespace fairlead::control {

class CertificateWatch {
 public:
  using Current = std::function<std::shared_ptr<const core::Snapshot>()>;  // null: none yet

  CertificateWatch(net::Network& network, Log& log, Current current);

 private:
  net::Task<void> watch();
  void look(const core::Snapshot& snapshot);

  net::Network& network_;
  Log& log_;
  Current current_;
  net::Alarm alarm_;
  net::Scope scope_;
};

}  // namespace fairlead::control

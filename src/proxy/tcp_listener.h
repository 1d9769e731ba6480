// TcpListener: serves the connections of one TCP listener: pick, connect, relay, report.
#pragma once

#include <memory>

#include "proxy/listener.h"

namespace fairlead::proxy {

class TcpListener final : public Listener {
 public:
  explicit TcpListener(Worker& worker) : Listener(worker, core::Protocol::tcp) {}
  ~TcpListener() override { cut(); }

 private:
  net::Task<void> serve(std::unique_ptr<net::Stream> stream) override;
  void nudge() override {
  }  // TCP has no moment at which to end it politely: the drain's deadline does
};

}  // namespace fairlead::proxy

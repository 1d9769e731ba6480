// BulkClient: asks for one long transfer after the other through a TCP proxy and throws it away.
//
// The first mebibyte of each transfer is compared with the pattern, the rest is counted without
// being copied; a transfer that ends at another length than was asked for is an error.
#pragma once

#include "client.h"

namespace fairlead::bench {

class BulkClient final : public Client {
 public:
  explicit BulkClient(const Shared& shared) : shared_(shared) {}
  ~BulkClient() override { end(); }
  BulkClient(const BulkClient&) = delete;
  BulkClient& operator=(const BulkClient&) = delete;

  void begin() override;
  bool on_ready() override;
  bool is_open() const override { return fd_ >= 0; }

 private:
  bool send_request();
  ssize_t receive_once();
  bool finish();
  bool fail(std::string why);
  void end();

  const Shared& shared_;
  int fd_ = -1;
  bool unsent_ = false;
  size_t seen_ = 0;
};

}  // namespace fairlead::bench

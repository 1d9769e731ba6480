// Peer: what simulated clients, backends and echoes have in common: waiting reads and writes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/network.h"
#include "net/task.h"

namespace fairlead::sim {

enum class Got { bytes, end, failed, late };

// One stream and the alarm to wait with. Everything gives up after kPatience without progress.
class Talk {
 public:
  static constexpr Duration kPatience = 60s;

  Talk(net::Network& network, std::unique_ptr<net::Stream> stream)
      : network_(network), stream_(std::move(stream)), alarm_(network.wheel()) {}

  // Waits for bytes and appends them. At most `most` at once.
  net::Task<Got> read(std::string& into, size_t most = 16 * 1024);
  // Waits until all is written. `bytes`, or why not.
  net::Task<Got> write(std::string_view bytes);
  net::Task<void> sleep(Duration span);

  net::Stream& stream() { return *stream_; }
  net::Network& network() { return network_; }
  net::Alarm& alarm() { return alarm_; }

 private:
  net::Network& network_;
  std::unique_ptr<net::Stream> stream_;
  net::Alarm alarm_;
};

// Connects; null where that failed or took longer than Talk::kPatience.
net::Task<std::unique_ptr<net::Stream>> connect(net::Network& network, Address address);

}  // namespace fairlead::sim

// SimConnection: one connection of a simulated network: two directions of bytes, and their faults.
//
// Stands between the two SimStreams that are its ends and lives as long as either of them, or a
// delivery that is still on its way. Nothing arrives at once: every byte, end and reset is a
// delivery on the world's clock, and no delivery of a direction overtakes another.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/sim_world.h"
#include "net/stream.h"

namespace fairlead::net {

class SimConnection : public std::enable_shared_from_this<SimConnection> {
 public:
  enum Side : size_t { kClient = 0, kServer = 1 };

  SimConnection(SimWorld& world, const FaultPlan& plan, const Address& client,
                const Address& server);

  // A stream is an end from here until detach().
  void attach(Side side, Stream& stream, ReadyQueue& ready);
  // Begins to connect. REQUIRES: the client is attached.
  void begin();

  Io connected() const;
  Io read(Side side, std::span<char> into);
  Io write(Side side, std::span<const char> from);
  void shutdown_write(Side side);
  // The end is closed: with a reset where asked for, or where it leaves bytes unread (RFC
  // 9293 3.6.1 and what kernels do).
  void detach(Side side, bool reset);

  const Address& address(Side side) const { return ends_[side].address; }

 private:
  enum class State : uint8_t { connecting, open, failed };

  struct End {
    Stream* stream = nullptr;  // null once closed
    ReadyQueue* ready = nullptr;
    Address address;
    bool reset = false;  // has arrived here
  };

  // The bytes towards one end.
  struct Direction {
    std::string waiting;  // arrived, not yet read
    size_t visible = 0;   // of these: what a read may have; the rest comes later (short reads)
    size_t in_flight = 0;
    bool ending = false;  // its writer has ended it
    bool ended = false;   // and the end has arrived
    bool writer_waits = false;
    Instant last;  // when the delivery before arrives
    std::optional<size_t> cut_after;
  };

  static Side other(Side side) { return side == kClient ? kServer : kClient; }
  void draw_faults();
  void note(std::string_view what, Side side, std::string_view bytes = {});
  // Does `arrival` at the end `to`, after a latency and behind what was sent before.
  void deliver(Side to, std::function<void()> arrival);

  void knock();
  void settle(State state, Code code);
  void send(Side to, std::string bytes);
  void count_towards_reset(size_t bytes);
  void arrive_bytes(Side to, const std::string& bytes);
  void arrive_end(Side to);
  void arrive_reset(Side to);
  void reveal(Side to);
  void wake_writer(Side writer);
  size_t take(Side side, std::span<char> into);

  SimWorld& world_;
  FaultPlan plan_;
  uint64_t number_;
  State state_ = State::connecting;
  Code failure_ = Code::refused;
  std::array<End, 2> ends_;
  std::array<Direction, 2> towards_;
  std::optional<size_t> reset_after_;
};

// One end of it.
class SimStream final : public Stream {
 public:
  SimStream(std::shared_ptr<SimConnection> connection, SimConnection::Side side, ReadyQueue& ready)
      : connection_(std::move(connection)), side_(side) {
    connection_->attach(side_, *this, ready);
  }
  ~SimStream() override { connection_->detach(side_, reset_); }

  Io read(std::span<char> into) override { return connection_->read(side_, into); }
  Io write(std::span<const char> from) override { return connection_->write(side_, from); }
  Io connected() override { return connection_->connected(); }
  void shutdown_write() override { connection_->shutdown_write(side_); }
  void reset() override { reset_ = true; }
  Address peer() const override {
    return connection_->address(side_ == SimConnection::kClient ? SimConnection::kServer
                                                                : SimConnection::kClient);
  }
  Address local() const override { return connection_->address(side_); }

 private:
  std::shared_ptr<SimConnection> connection_;
  SimConnection::Side side_;
  bool reset_ = false;
};

}  // namespace fairlead::net

// Forward: one attempt to have one backend answer one exchange.
//
// Connects (or takes an idle connection), sends the head, then moves both bodies at once, each as
// far as the other side takes it. One flat coroutine: it does what can be done, then waits for what
// was in the way. Whether another attempt follows is asked of its owner, before a byte goes to the
// client.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/backend.h"
#include "core/outcome.h"
#include "http/exchange.h"
#include "http/grpc.h"
#include "http/message_pool.h"
#include "http/pump.h"
#include "http/read_ahead.h"
#include "net/delivery.h"
#include "net/task.h"
#include "proxy/errands.h"
#include "proxy/forward_rules.h"
#include "proxy/upstreams.h"

namespace fairlead::proxy {

class Stickiness;

class Forward {
 public:
  // Whether a response of this status is to be dropped and another backend asked instead. A view of
  // what it is made from, which outlives run().
  class Reconsider {
   public:
    template <typename F>
    Reconsider(const F& f)
        : self_(&f), call_([](const void* self, const core::Outcome& outcome) {
            return (*static_cast<const F*>(self))(outcome);
          }) {}
    bool operator()(const core::Outcome& outcome) const { return call_(self_, outcome); }

   private:
    const void* self_;
    bool (*call_)(const void*, const core::Outcome&);
  };

  Forward(http::Exchange& exchange, const core::Backend& backend, Upstreams& upstreams,
          Errands& errands, const ForwardRules& rules, bool fresh)
      : exchange_(exchange),
        backend_(backend),
        upstreams_(upstreams),
        rules_(rules),
        fresh_(fresh),
        is_call_(http::is_grpc(exchange.request())),
        errand_(errands, backend.id(), exchange.network().now()) {}
  Forward(const Forward&) = delete;

  // A further field of the response. Before run().
  void add_field(std::string_view name, std::string value) {
    field_name_ = name;
    field_value_ = std::move(value);
  }

  // Has the client remember where it was served. Before run(); null: nothing to remember.
  void remember_by(Stickiness* stickiness) { stickiness_ = stickiness; }

  // Ends the attempt before its response, with nobody's failure, when the event is set: another
  // backend has answered. Before run().
  void give_way_to(net::Event& answered) { overtaken_ = &answered; }
  bool was_overtaken() const { return gave_way_; }
  // Goes on from a head that somebody else has read. Before run().
  void take_over(Answered answered);

  // Runs to the end of the attempt.
  net::Task<core::Outcome> run(Reconsider reconsider);

  // The backend has done its part, and the client has not taken all of the response yet: behind
  // run(), once the lease is given back.
  bool has_rest() const { return has_rest_; }
  net::Task<void> deliver_rest();

  Instant began() const { return began_; }
  // To the head of the response; of an attempt that gave way, how long it had waited for it. Zero:
  // it failed before.
  Duration head_took() const { return latency_; }
  // Of a failed attempt: for the log, and for the answer if none was begun.
  const Error& error() const { return error_; }
  bool has_failed() const { return failed_; }

 private:
  enum class Turn : uint8_t { blocked, busy, done, rest, failed, dropped, tunnel };
  enum class Direction : uint8_t { source, sink, done };  // blocked on which side, or at its end

  net::Task<bool> connect();
  bool send_head();
  Turn turn(Reconsider reconsider);
  Turn move_request();
  Turn read_response_head(Reconsider reconsider);
  Turn take_head(http::Response& head, Reconsider reconsider);
  Turn take_interim(http::Response& head, Reconsider reconsider);
  Turn move_response();
  bool reads_ahead() const;
  net::Task<bool> wait();
  net::Task<void> tunnel();
  Instant moved() const { return std::max(request_moved_, response_moved_); }
  net::Stream* slow_taker();
  bool client_is_slow() const;
  Duration patience() const;
  Instant deadline();
  Instant try_deadline() const;
  bool owes_body() const;
  void time_out();
  void give_up();
  void end_called_off();
  void give_way();
  void withdraw();
  void fail_with(Error error);
  core::Outcome outcome() const;

  http::Exchange& exchange_;
  const core::Backend& backend_;
  Upstreams& upstreams_;
  const ForwardRules& rules_;
  std::string_view field_name_;  // of the response; empty: none
  std::string field_value_;
  Stickiness* stickiness_ = nullptr;
  const bool fresh_;    // an idle connection must not be used
  const bool is_call_;  // of gRPC: what it says of the backend stands in grpc-status
  Errand errand_;
  net::Event* overtaken_ = nullptr;
  bool gave_way_ = false;

  http::PooledResponse head_;  // that was read by somebody else; null: none
  std::unique_ptr<Upstream> upstream_;
  std::optional<http::Pump> request_pump_;
  std::optional<http::ReadAhead> ahead_;  // of the response, where the route buffers it
  std::optional<http::Pump> response_pump_;
  Direction request_ = Direction::source;
  Direction response_ = Direction::source;
  uint16_t status_ = 0;
  uint32_t interim_heads_ = 0;
  Instant began_{};   // the attempt
  Instant asking_{};  // the same, or when the client last kept it waiting
  Instant request_moved_{};
  Instant response_moved_{};
  net::Delivery delivery_;
  Duration latency_{};
  Error error_;
  bool failed_ = false;
  bool has_rest_ = false;
};

}  // namespace fairlead::proxy

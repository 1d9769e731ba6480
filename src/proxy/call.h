// Call: one request to one backend, as somebody makes it who has no client to move bytes for.
//
// Connects, sends head and body, and reads the head of the response, within one deadline. For
// hedges and mirrors. A Forward moves two bodies at once and waits for its client as well; it
// shares the way to a connection, connect(), and no more.
#pragma once

#include <memory>
#include <string_view>

#include "core/backend.h"
#include "core/outcome.h"
#include "http/message_pool.h"
#include "net/alarm.h"
#include "net/dial.h"
#include "net/task.h"
#include "proxy/errands.h"
#include "proxy/upstreams.h"

namespace fairlead::proxy {

class Dialer;
class Worker;

// What a connection is wanted for, and until when. All of it outlives the task.
struct Connecting {
  Upstreams& upstreams;
  Dialer& dialer;
  const core::PoolConfig& pool;
  const core::Backend& backend;
  net::Alarm& alarm;
  Instant until;
  net::Stops stops;
  bool alone = false;  // it becomes a tunnel: HTTP/1, or nothing
};

// A connection where none was to be taken: one that somebody else is making, where that will have
// room for this exchange, too; else a new one, which others may wait for. Errors: those of
// Dialer::dial, with the backend's name.
net::Task<Result<std::unique_ptr<Upstream>>> connect(Connecting wanted);

// Legal order of calls: run [take | discard_body].
class Call {
 public:
  // Begins now, and has so long for all that it does. All that is given outlives this.
  Call(Worker& worker, const core::Backend& backend, const core::PoolConfig& pool,
       Duration patience);
  Call(const Call&) = delete;

  // To the head of the response; interim ones are passed over. Error: there is none.
  net::Task<Result<void>> run(const http::Request& request, std::string_view body);
  // REQUIRES: run() gave no error. The head, with the connection that its body comes on.
  Answered take() { return std::move(answer_); }
  // Passes over the response's body, and keeps the connection for others. REQUIRES: as take().
  net::Task<Result<void>> discard_body();

  Instant began() const { return answer_.began; }
  uint16_t status() const { return status_; }  // of the response; 0: none came
  // What it says of the backend that a step of the call ended so.
  core::Outcome outcome(const Result<void>& done) const;

 private:
  net::Task<Result<void>> find_connection();
  net::Task<Result<void>> ask(const http::Request& request, std::string_view body);
  net::Task<Result<void>> read_head();
  net::Task<Result<void>> wait(net::Event& event);
  Error too_late() const;

  Worker& worker_;
  const core::Backend& backend_;
  const core::PoolConfig& pool_;
  net::Alarm alarm_;
  Errand errand_;
  Instant deadline_;
  Answered answer_;
  uint16_t status_ = 0;
  Duration latency_{};
  bool is_reused_ = false;
};

}  // namespace fairlead::proxy

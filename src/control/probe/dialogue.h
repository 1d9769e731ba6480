// Dialogue: a connection of a probe's own: say something, hear what comes, within limits.
//
// For the kinds that speak a protocol of few bytes. Everything that is heard is kept until it is
// consumed; more than the limit, or a silence beyond the deadline, is an error in words.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "control/probe/probe.h"
#include "net/network.h"
#include "net/task.h"

namespace fairlead::control {

class Dialogue {
 public:
  // `most`: so many bytes may come in all.
  Dialogue(net::Network& network, Instant deadline, size_t most)
      : network_(network),
        alarm_(network.wheel()),
        began_(network.now()),
        deadline_(deadline),
        most_(most) {}

  // Legal order of calls: open, then (say | hear | consume)*, then leave or the destructor, which
  // breaks the connection off. A reset leaves no TIME_WAIT, of which many backends would make
  // thousands.
  // `protocols`: to offer by ALPN, over TLS.
  net::Task<Result<void>> open(Asked whom, net::Protocols protocols = {});
  net::Task<Result<void>> say(std::string bytes);
  // More than before. Errors: closed, reset, timeout, too_large.
  net::Task<Result<void>> hear();
  std::string_view heard() const { return std::string_view(heard_).substr(consumed_); }
  void consume(size_t count) { consumed_ += count; }
  // Ends in order, with last words that are not waited for.
  void leave(std::string_view last_words);

  ~Dialogue();

 private:
  std::unexpected<Error> too_late() const;

  net::Network& network_;
  net::Alarm alarm_;
  Instant began_;
  Instant deadline_;
  size_t most_;
  std::unique_ptr<net::Stream> stream_;
  std::string heard_;
  size_t consumed_ = 0;
};

}  // namespace fairlead::control

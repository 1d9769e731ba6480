// Pump: moves one body from a source to a sink, as far as it goes without waiting.
//
// Back-pressure is its nature: it reads only what the sink has taken before. Bulk goes by splice.
#pragma once

#include <cstdint>
#include <memory>

#include "http/message.h"
#include "net/splice_pipe.h"

namespace fairlead::http {

class Pump {
 public:
  Pump(Source& source, Sink& sink) : source_(source), sink_(sink) {}
  Pump(const Pump&) = delete;
  ~Pump() { net::SplicePipe::give_back(std::move(pipe_)); }

  enum class State : uint8_t {
    source_blocked,  // wait for source.stream().readable()
    sink_blocked,    // wait for sink.stream().writable()
    busy,            // moved its share of this turn and could go on: let others go first
    done,            // the whole body and its end are out
    source_failed,   // source.error()
    sink_failed,     // sink_error()
  };
  // REQUIRES: not called again behind done or a failure.
  State run();

  uint64_t moved() const { return moved_; }  // bytes of body that the sink took
  Code sink_error() const { return sink_error_; }

 private:
  enum class Step : uint8_t {
    moved,
    source_blocked,
    sink_blocked,
    end,
    source_failed,
    sink_failed
  };
  Step copy();
  Step flush();
  bool can_splice();
  Step splice();
  Step drain_pipe();
  Step fail_sink(net::Io io);
  State finish();

  Source& source_;
  Sink& sink_;
  std::unique_ptr<net::SplicePipe> pipe_;
  bool copy_only_ = false;  // the kernel gave no pipe
  bool source_ended_ = false;
  uint64_t moved_ = 0;
  Code sink_error_ = Code::internal;
};

}  // namespace fairlead::http

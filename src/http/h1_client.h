// H1Client: our side of one HTTP/1 connection to a backend.
//
// One exchange at a time: send a head, pump a body into sink(), read interim and final heads, pump
// a body out of source(). Then it is reusable, or not.
#pragma once

#include <memory>

#include "http/h1_reader.h"
#include "http/h1_writer.h"
#include "net/stream.h"

namespace fairlead::http {

// Interim heads before a final one: no honest backend sends more.
inline constexpr uint32_t kMostInterimHeads = 32;

class H1Client {
 public:
  // `limits`: of response heads. The stream is connected.
  H1Client(std::unique_ptr<net::Stream> stream, const wire::http1::Limits& limits)
      : stream_(std::move(stream)),
        reader_(*stream_, Side::upstream, H1Reader::Keep::nothing, limits),
        writer_(*stream_) {}

  // Queues the head. False: a value in it holds what no head may hold; nothing was queued.
  bool send(const Request& request, std::string_view default_host);
  Sink& sink() { return writer_; }

  // The next head: any number of interim ones, then the final one. Views are valid until the first
  // peek() of source(). A fault or failure is in error().
  H1Reader::State read_head(Response& head);
  // Whether read_head() has anything to look at.
  bool may_have_head() { return reader_.has_bytes() || stream_->readable().is_set(); }
  Source& source() { return reader_; }
  const Error& error() const { return reader_.error(); }
  // Behind a 101: sink() and source() are the bare stream.
  void become_tunnel();

  // Behind an exchange: whether another may follow. Both directions are at their ends, the backend
  // wants it, and has sent nothing beyond its response. One system call in the rare case that it
  // cannot be told without.
  bool is_reusable();
  // Gets ready for the next one. REQUIRES: is_reusable().
  void next();

  net::Stream& stream() { return *stream_; }
  uint64_t bytes_sent() const { return writer_.bytes_written(); }
  uint64_t bytes_received() const { return reader_.bytes_read(); }

 private:
  std::unique_ptr<net::Stream> stream_;
  H1Reader reader_;
  H1Writer writer_;
  Method method_ = Method::other;
  bool keep_alive_ = false;
};

}  // namespace fairlead::http

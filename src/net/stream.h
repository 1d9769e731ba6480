// Stream: ordered bytes both ways with back-pressure. TCP, a Unix socket, a pipe in memory, or TLS
// over any of these.
//
// Reads and writes never wait: they do what can be done now and say what was in the way. Waiting is
// for the task: it watches the stream's events (wait.h). A stream belongs to one loop and thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/address.h"
#include "base/result.h"
#include "net/event.h"

namespace fairlead::net {

// What one attempt gave.
struct Io {
  enum class State : uint8_t {
    done,     // `count` bytes, at least one
    blocked,  // nothing now: wait for the event
    end,      // read only: the peer has ended its direction
    failed,   // the connection is broken: `code` says how
  };
  State state = State::blocked;
  Code code = Code::internal;
  size_t count = 0;

  static Io done(size_t count) { return {State::done, Code::internal, count}; }
  static Io blocked() { return {}; }
  static Io end() { return {State::end}; }
  static Io failed(Code code) { return {State::failed, code}; }
};

// What is known of an encrypted connection. Views live as long as its stream.
struct TlsFacts {
  std::string_view version;      // "TLSv1.3"; empty: it is not encrypted
  std::string_view server_name;  // that the client asked for; empty: none
  std::string_view protocol;     // that both agreed on (ALPN), "h2"; empty: none
  // Who the client is by its certificate, which was verified. Empty: it has shown none.
  std::string_view client_subject;  // RFC 4514: "CN=alice,O=Example"
  std::string_view client_names;    // "DNS:alice.example,URI:spiffe://example/alice"
  bool is_resumed = false;          // an earlier session, without certificates

  bool is_encrypted() const { return !version.empty(); }
};

class Stream {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  // Closes: what was written is still delivered, unless reset() was called.
  virtual ~Stream() = default;

  // REQUIRES: `into` is not empty. A short read is taken as "drained": readable() is cleared.
  virtual Io read(std::span<char> into) = 0;
  // REQUIRES: `from` is not empty, and goes on where the last write ended: the byte behind those that
  // it took may be on its way already. Never raises SIGPIPE.
  virtual Io write(std::span<const char> from) = 0;

  // Of a stream that connect() gave: done (count 0) once connected, blocked until then (wait for
  // writable()), or failed with refused, unreachable or the like. Legal order: connected, then the
  // rest.
  virtual Io connected() = 0;

  // Of a stream that was accepted: whoever waits for an event without having tried to read or write
  // says so, or may hear of it two milliseconds late, once.
  virtual void watch_now() {}

  // Asks now, not the events: whether there is nothing to read and the peer has not ended. For work
  // that must not be sent twice over a connection that was idle. Cost: a system call.
  virtual bool is_quiet() { return !readable().is_set(); }

  // Bytes that write() took and the peer has not. Cost: a system call.
  virtual size_t in_flight() const { return 0; }

  // Ends our direction; the peer reads the end behind what was written.
  virtual void shutdown_write() = 0;
  // The connection is to break off, not end: the destructor discards what is unsent, the peer sees
  // a reset.
  virtual void reset() = 0;

  virtual Address peer() const = 0;
  virtual Address local() const = 0;
  virtual TlsFacts tls() const { return {}; }
  // For splice(2); -1 where the bytes are not a kernel socket's.
  virtual int descriptor() const { return -1; }
  // Called around uses of descriptor(): the direction would block, wait for its event.
  void set_drained() { readable().clear(); }
  void set_full() { writable().clear(); }
  // The connection broke under a call. The kernel tells that once, and then shows the end of a
  // connection that ended in order: from now on an end is a failure.
  void set_failed() { has_failed_ = true; }
  bool has_failed() const { return has_failed_; }

  // Something to read, the end included.
  Event& readable() { return told_by_.readable_; }
  Event& writable() { return told_by_.writable_; }
  // The connection is gone in both directions: a reset, not the end of one direction.
  Event& broken() { return told_by_.broken_; }

 protected:
  // One over another stream: the events of that one are its own.
  explicit Stream(Stream& below) : told_by_(below.told_by_) {}

  Event readable_;
  Event writable_;
  Event broken_;
  bool has_failed_ = false;

 private:
  Stream& told_by_ = *this;
};

// Accepts streams at one address.
class Acceptor {
 public:
  Acceptor() = default;
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  virtual ~Acceptor() = default;  // stops listening

  // The next one that waits; null with acceptable() cleared where there is none. `exhausted` where
  // the process has no descriptor left: the connection stays queued, try again later.
  virtual Result<std::unique_ptr<Stream>> accept() = 0;
  virtual Address local() const = 0;  // with the real port where 0 was asked for

  Event& acceptable() { return acceptable_; }

 protected:
  Event acceptable_;
};

}  // namespace fairlead::net

// Exchange: one request and its response on the client's side, whatever HTTP version carries them.
//
// Whoever serves it (proxy/visit, control/admin) reads the request, writes at most some interim
// heads and one response, and ends. Waiting is done with the connection's own alarm: an exchange is
// served by one coroutine.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/address.h"
#include "http/message.h"
#include "http/scratch.h"
#include "net/network.h"
#include "net/task.h"

namespace fairlead::http {

// Changes the head of a response before it goes to the client: a backend's, or one of our own.
class ResponseEdit {
 public:
  virtual ~ResponseEdit() = default;
  // Texts that are added live as long as the exchange.
  virtual void edit(Response& head) = 0;
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  // The head as the client sent it; a proxy edits it in place. Views live as long as the exchange.
  virtual Request& request() = 0;
  // The body: as the client sends it, or through what was put in front of it.
  Source& body() { return in_front_ ? *in_front_ : own_body(); }
  // From now on body() is this one, which reads from what body() was. It lives as long as anybody
  // asks for the body.
  void read_through(Source& source) { in_front_ = &source; }
  // Memory for edits of the head, as long as the exchange lives.
  virtual Scratch& scratch() = 0;

  // Queues an interim (1xx) head, but 101; nothing happens for a client that knows none (HTTP/1.0).
  virtual void inform(const Response& head) = 0;
  // Has the head of the response edited before it is queued, whoever makes it. `edit` lives until
  // then; null: nobody edits.
  void edit_response(ResponseEdit* edit) { edit_ = edit; }
  // Queues the head of the response, and gives where its body goes. `head.framing` says how the
  // body is known to end: the sink frames it as the client's version asks. Once. With
  // Framing::none, or where the request forbids a body (HEAD), the sink takes nothing and wants to
  // be finished at once. Null: the head cannot be written (too long, or a value that no head may
  // hold); the exchange is broken off.
  Sink* respond(Response& head) {
    if (edit_) edit_->edit(head);
    return begin_response(head);
  }
  Sink* respond(Response&& head) { return respond(head); }
  // Queues the 101 of an upgrade: from now on body() and the sink are the bare stream.
  // False: as null above.
  virtual bool upgrade(const Response& head) = 0;
  // Sends what is queued. Done: nothing is any more.
  virtual net::Io flush() = 0;
  // The upgraded connection came to its end; so many bytes went either way by other means.
  virtual void tunnelled(uint64_t bytes_in, uint64_t bytes_out) = 0;
  // The client's connection is to end behind this exchange, and it is to be told. Before respond().
  virtual void close_after() = 0;
  // Takes the response back if no byte of it has left: then another may be made. False: too late.
  virtual bool take_back() = 0;
  // Whether it could.
  virtual bool can_take_back() const = 0;
  // The response cannot be completed: what follows is cut, so that the client notices.
  virtual void break_off() = 0;

  virtual bool responded() const = 0;      // respond() or upgrade() was called
  virtual uint16_t status() const = 0;     // of the response; 0 before
  virtual uint64_t bytes_out() const = 0;  // to the client, heads included
  virtual uint64_t bytes_in() const = 0;   // from the client, of this exchange alone

  virtual net::Stream& stream() = 0;
  virtual net::Network& network() = 0;
  virtual net::Alarm& alarm() = 0;
  virtual std::string_view scheme() const = 0;   // "http" or "https"
  virtual std::string_view version() const = 0;  // "HTTP/1.1"
  virtual Instant started() const = 0;           // of the request's first byte

 private:
  virtual Source& own_body() = 0;
  // As respond() says.
  virtual Sink* begin_response(const Response& head) = 0;

  Source* in_front_ = nullptr;
  ResponseEdit* edit_ = nullptr;
};

}  // namespace fairlead::http

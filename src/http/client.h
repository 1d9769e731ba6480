// Client: our side of one exchange with a backend, whatever HTTP version carries it.
//
// Send a head, pump a body into sink(), read interim and final heads, pump a body out of source().
// Then it may serve another exchange, or not.
#pragma once

#include "http/message.h"

namespace fairlead::http {

// Interim heads before a final one: no honest backend sends more.
inline constexpr uint32_t kMostInterimHeads = 32;

// What reading a head gave.
enum class HeadState : uint8_t {
  complete,
  blocked,  // wait for the stream's readable()
  end,      // the peer ended before the first byte of a head
  fault,    // what came cannot be understood: error()
  failed,   // the stream broke, or ended within the head: error()
};

class Client {
 public:
  virtual ~Client() = default;

  // Queues the head. `default_host` stands in where the client named none. False: a value in it
  // holds what no head may hold; nothing was queued.
  virtual bool send(const Request& request, std::string_view default_host) = 0;
  virtual Sink& sink() = 0;

  // The next head: any number of interim ones, then the final one. Views are valid until the first
  // peek() of source().
  virtual HeadState read_head(Response& head) = 0;
  // Whether read_head() has anything to look at.
  virtual bool may_have_head() = 0;
  virtual Source& source() = 0;
  virtual const Error& error() const = 0;
  // Behind a 101: sink() and source() are the bare stream.
  virtual void become_tunnel() = 0;

  // Of an exchange that broke off here, whether another backend may be asked: yes where nothing of
  // the request was taken, if_reused where no byte of a response came.
  virtual Again again() const = 0;
  // Behind an exchange: whether another may follow. Both directions are at their ends, the backend
  // wants it, and has sent nothing beyond its response. One system call in the rare case that it
  // cannot be told without.
  virtual bool is_reusable() = 0;
  // Gets ready for the next one. REQUIRES: is_reusable().
  virtual void next() = 0;

  virtual net::Stream& stream() = 0;
};

}  // namespace fairlead::http

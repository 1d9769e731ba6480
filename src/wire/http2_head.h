// What the fields of an HTTP/2 head say together (RFC 9113 8), as the heads that everybody upstairs
// knows.
//
// The rules are those of HTTP/1 wherever both have one, asked of the same functions: what cannot be
// said over HTTP/1 without two readers understanding it differently is refused here, too.
#pragma once

#include <string_view>

#include "wire/http1_facts.h"
#include "wire/http1_head.h"

namespace fairlead::wire::http2 {

using http1::Objection;
using http1::RequestHead;
using http1::ResponseHead;

// Empty: it was not there. That each comes once, ahead of all fields, is for who reads the frames.
struct PseudoFields {
  std::string_view method;
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;
  std::string_view protocol;  // RFC 8441
};

// Works out all but the fields of `head`, which stand in it already with their ids. `ends`: no body
// follows. An extended CONNECT becomes a GET that asks for an upgrade, as HTTP/1 has it.
Objection conclude(const PseudoFields& pseudo, bool ends, RequestHead& head);

// The same for a response of this status. A 101 is refused: HTTP/2 has none.
Objection conclude(http1::Method request_method, uint16_t status, bool ends, ResponseHead& head);

// The value of :status; 0 where it is none.
uint16_t read_status(std::string_view text);

// Whether a field may stand in a message of HTTP/2 (RFC 9113 8.2.2): none that speaks of one
// connection. `te` only as "trailers".
bool may_be_sent(const http1::Field& field);

}  // namespace fairlead::wire::http2

// Answer: a response that Fairlead makes itself. Problems are RFC 9457 application/problem+json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/exchange.h"
#include "net/task.h"

namespace fairlead::http {

struct Answer {
  uint16_t status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string_view fixed_body = {};  // instead of `body`; outlives the answer
  std::vector<std::pair<std::string, std::string>> fields;  // further ones; no CR, LF or NUL
  std::string problem;  // of an error: what it is, in words; a gRPC caller is told that

  std::string_view text() const { return fixed_body.empty() ? std::string_view(body) : fixed_body; }
};

// A problem: `name` is the last segment of its type, `detail` may be empty. Never put an inner
// address into `detail`: clients read it.
Answer problem(uint16_t status, std::string_view name, std::string_view title,
               std::string_view detail = {});

// What a client is told of an error: the one table from codes to statuses (docs/answers.md).
Answer answer_to(const Error& error);
// The same for a request that could not be read.
Answer answer_to(wire::http1::Fault fault, std::string_view detail);

// Sends it, waiting for a slow client at most `patience` for each stretch.
net::Task<void> send(Exchange& exchange, const Answer& answer, Duration patience);

}  // namespace fairlead::http

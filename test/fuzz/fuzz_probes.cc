// Fuzzes what probes read of backends: Redis replies, PostgreSQL messages and logins, gRPC health.
// Bytes that come in pieces must mean what they mean at once, and views must lie within them.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "wire/grpc_health.h"
#include "wire/postgres.h"
#include "wire/redis_reply.h"
#include "wire/scram.h"

namespace fairlead::wire {
namespace {

bool is_within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void fuzz_redis(std::string_view text) {
  using State = redis::Reply::State;
  const redis::Reply whole = redis::parse_reply(text);
  CHECK(is_within(whole.text, text) && whole.size <= text.size());
  for (size_t size = 0; size < text.size(); ++size) {
    const redis::Reply part = redis::parse_reply(text.substr(0, size));
    if (part.state == State::incomplete) continue;
    CHECK(part.state == whole.state && part.text == whole.text && part.size == whole.size);
    return;
  }
}

void fuzz_postgres(std::string_view text) {
  using State = postgres::Message::State;
  while (true) {
    const postgres::Message message = postgres::parse_message(text);
    if (message.state != State::complete) return;
    CHECK(message.size > message.payload.size() && message.size <= text.size());
    CHECK(is_within(message.payload, text));
    CHECK(postgres::parse_message(text.substr(0, message.size - 1)).state == State::incomplete);
    if (const auto complaint = postgres::parse_complaint(message.payload)) {
      CHECK(is_within(complaint->message, message.payload));
    }
    if (const auto wanted = postgres::parse_authentication(message.payload)) {
      postgres::has_mechanism(wanted->data, "SCRAM-SHA-256");
    }
    if (const auto column = postgres::first_column(message.payload)) {
      CHECK(is_within(*column, message.payload));
    }
    text.remove_prefix(message.size);
  }
}

void fuzz_scram(std::string_view text) {
  Scram scram("pencil", "nonce");
  CHECK(!scram.is_proven(text));
  // Few rounds: hashing itself is not what is tried here.
  if (text.size() > 64 || text.contains("i=")) return;
  const auto proof = scram.prove("r=nonce" + std::string(text) + ",i=1");
  CHECK(!proof || proof->starts_with("c=biws,r=nonce"));
}

void fuzz(uint8_t kind, std::string_view text) {
  switch (kind % 4) {
    case 0: return fuzz_redis(text);
    case 1: return fuzz_postgres(text);
    case 2: return fuzz_scram(text);
    case 3: {
      const auto serving = grpc::parse_health_response(text);
      CHECK(serving || !serving.error().empty());
      CHECK(grpc::decode_message(text).size() <= text.size());
      grpc::status_name(text);
    }
  }
}

}  // namespace
}  // namespace fairlead::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  fairlead::wire::fuzz(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}

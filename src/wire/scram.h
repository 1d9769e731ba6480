// Scram: the client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding.
//
// Pure: texts in and out, the nonce is handed in. Refuses a server that wants more rounds than a
// probe can afford. A password that is not ASCII is used as its bytes stand, without SASLprep.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace fairlead::wire {

class Scram {
 public:
  // A server decides how often a password is hashed. PostgreSQL's default is 4096; this many take
  // about 10 ms.
  static constexpr uint32_t kMostRounds = 32768;

  // `nonce`: printable, without commas, never used before and not to be guessed.
  Scram(std::string password, std::string nonce)
      : password_(std::move(password)), nonce_(std::move(nonce)) {}

  // The client's first message.
  std::string first() const;
  // The server's first message, answered with the proof; what is wrong with it is said in words.
  std::expected<std::string, std::string> prove(std::string_view server_first);
  // Whether the server's last message shows that it knows the password, too. REQUIRES: prove()
  // gave a proof.
  bool is_proven(std::string_view server_final) const;

 private:
  std::string password_;
  std::string nonce_;
  std::string server_signature_;  // in base64, as it must come
};

}  // namespace fairlead::wire

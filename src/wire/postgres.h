// PostgreSQL's protocol 3.0, as far as a probe goes: log in, ask one question, leave
// (PostgreSQL documentation, "Frontend/Backend Protocol").
//
// Texts of the server are views of the bytes that came; nothing in them is trusted. Refuses
// messages longer than a probe's answers can be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::wire::postgres {

// With its type and length. An error that quotes a whole configuration file is shorter.
inline constexpr size_t kLongestMessage = 16 * 1024;

// ---- what is sent -----------------------------------------------------------------------

// REQUIRES, of all texts: no zero byte.
std::string startup(std::string_view user, std::string_view database);
std::string password(std::string_view text);
std::string sasl_first(std::string_view mechanism, std::string_view data);
std::string sasl_next(std::string_view data);
std::string query(std::string_view sql);
std::string terminate();

// What answers a demand for an MD5 password; nothing where libcrypto has no MD5 (FIPS).
std::optional<std::string> md5_text(std::string_view user, std::string_view password,
                                    std::string_view salt);

// ---- what comes -------------------------------------------------------------------------

struct Message {
  enum class State : uint8_t { incomplete, complete, malformed };
  State state = State::incomplete;
  char type = 0;
  std::string_view payload{};
  size_t size = 0;  // of the message, to be consumed
};

// The message at the head of the bytes.
Message parse_message(std::string_view bytes);

// Of the payload of an ErrorResponse ('E'); missing ones are empty.
struct Complaint {
  std::string_view severity;  // "FATAL"
  std::string_view code;      // SQLSTATE: "57P03"
  std::string_view message;   // "the database system is starting up"
};
std::optional<Complaint> parse_complaint(std::string_view payload);

// Of an Authentication message ('R').
enum class Demand : uint32_t {
  nothing = 0,
  cleartext = 3,
  md5 = 5,
  sasl = 10,
  sasl_continue = 11,
  sasl_final = 12,
};
struct Authentication {
  Demand demand = Demand::nothing;  // or a number that has no name here
  std::string_view data;            // md5: the salt, of four bytes
};
std::optional<Authentication> parse_authentication(std::string_view payload);
// Whether a list of mechanisms, each with a zero byte behind it, has this one.
bool has_mechanism(std::string_view list, std::string_view mechanism);

// The first column of a DataRow ('D'). Nothing: malformed, no column, or NULL.
std::optional<std::string_view> first_column(std::string_view payload);

}  // namespace fairlead::wire::postgres

#include "wire/postgres.h"

#include <gtest/gtest.h>

namespace fairlead::wire::postgres {
namespace {

using namespace std::string_literals;
using State = Message::State;

TEST(PostgresMessages, AreWrittenWithTheirLengths) {
  EXPECT_EQ(
      startup("me", "db"),
      "\0\0\0\x3d\0\x03\0\0"s + "user\0me\0database\0db\0application_name\0fairlead-probe\0\0"s);
  EXPECT_EQ(query("SELECT 1"), "Q\0\0\0\x0dSELECT 1\0"s);
  EXPECT_EQ(password("x"), "p\0\0\0\x06x\0"s);
  EXPECT_EQ(sasl_first("M", "abc"), "p\0\0\0\x0dM\0\0\0\0\x03"s + "abc");
  EXPECT_EQ(sasl_next("abc"), "p\0\0\0\x07"s + "abc");
  EXPECT_EQ(terminate(), "X\0\0\0\x04"s);
}

TEST(PostgresMessages, OfMd5AreHashedTwice) {
  // md5(md5("secretme") + salt), worked out with another implementation.
  EXPECT_EQ(md5_text("me", "secret", "\x01\x02\x03\x04"), "md58322d584bf59f0253d58346307bb6ba3");
}

TEST(PostgresMessage, IsIncompleteAtEveryCut) {
  const std::string whole = "Z\0\0\0\x05I"s;
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(parse_message(whole.substr(0, size)).state, State::incomplete) << size;
  }
  const std::string more = whole + "more";  // the message is a view of it
  const Message message = parse_message(more);
  EXPECT_EQ(message.state, State::complete);
  EXPECT_EQ(message.type, 'Z');
  EXPECT_EQ(message.payload, "I");
  EXPECT_EQ(message.size, 6u);
}

TEST(PostgresMessage, IsRefusedWhereItsLengthOrTypeCannotBe) {
  EXPECT_EQ(parse_message("R\0\0\0\0"s).state, State::malformed);
  EXPECT_EQ(parse_message("R\0\0\0\x03"s).state, State::malformed);
  EXPECT_EQ(parse_message("R\xff\xff\xff\xff"s).state, State::malformed);
  EXPECT_EQ(parse_message("R\0\0\x40\0"s).state, State::malformed);
  EXPECT_EQ(parse_message("R\0\0\x3f\xff"s).state, State::incomplete);
  EXPECT_EQ(parse_message("\0"s).state, State::malformed);
  EXPECT_EQ(parse_message("-ERR").state, State::malformed);
  EXPECT_EQ(parse_message("HTTP/1.1 400 Bad Request").state, State::malformed);
}

TEST(PostgresComplaint, NamesSeverityCodeAndMessage) {
  const std::string payload = "SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"s;
  const auto complaint = parse_complaint(payload);
  ASSERT_TRUE(complaint);
  EXPECT_EQ(complaint->severity, "FATAL");
  EXPECT_EQ(complaint->code, "57P03");
  EXPECT_EQ(complaint->message, "the database system is starting up");
}

TEST(PostgresComplaint, IsRefusedWithoutItsEnds) {
  EXPECT_FALSE(parse_complaint(""));
  EXPECT_FALSE(parse_complaint("SFATAL"));
  EXPECT_FALSE(parse_complaint("SFATAL\0"s));
  EXPECT_TRUE(parse_complaint("\0"s));
}

TEST(PostgresAuthentication, IsADemandWithItsData) {
  EXPECT_EQ(parse_authentication("\0\0\0\0"s)->demand, Demand::nothing);
  EXPECT_EQ(parse_authentication("\0\0\0\x05"s + "salt")->data, "salt");
  EXPECT_FALSE(parse_authentication("\0\0\0\x05"s + "sal"));
  EXPECT_FALSE(parse_authentication("\0\0\0"s));
  const std::string payload = "\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"s;
  const auto sasl = parse_authentication(payload);
  EXPECT_TRUE(has_mechanism(sasl->data, "SCRAM-SHA-256"));
  EXPECT_FALSE(has_mechanism(sasl->data, "SCRAM"));
  EXPECT_FALSE(has_mechanism("SCRAM-SHA-256", "SCRAM-SHA-256"));
}

TEST(PostgresRow, GivesItsFirstColumn) {
  EXPECT_EQ(first_column("\0\x01\0\0\0\x01t"s), "t");
  EXPECT_EQ(first_column("\0\x02\0\0\0\x01t\0\0\0\x01x"s), "t");
  EXPECT_EQ(first_column("\0\x01\0\0\0\0"s), "");
}

TEST(PostgresRow, IsNothingWhereItIsCutEmptyOrNull) {
  EXPECT_FALSE(first_column(""));
  EXPECT_FALSE(first_column("\0\0"s));
  EXPECT_FALSE(first_column("\0\0\0\0\0\x01t"s));
  EXPECT_FALSE(first_column("\0\x01\0\0\0\x02t"s));
  EXPECT_FALSE(first_column("\0\x01\xff\xff\xff\xff"s));
}

}  // namespace
}  // namespace fairlead::wire::postgres

#include "control/probe/test_probe.h"

namespace fairlead::control {
namespace {

using std::string_literals::operator""s;
using Role = core::PostgresProbeConfig::Role;

std::string message(char type, const std::string& payload) {
  return type + "\0\0"s + static_cast<char>((payload.size() + 4) >> 8) +
         static_cast<char>(payload.size() + 4) + payload;
}
std::string demand(char number, const std::string& data = "") {
  return message('R', "\0\0\0"s + number + data);
}
const std::string kReady = message('Z', "I");
const std::string kWelcome =
    demand(0) + message('S', "server_version\0"s + "15.1\0"s) + message('K', "12345678") + kReady;
std::string row(const std::string& value) {
  return message('T', "\0\0"s) +
         message('D', "\0\x01\0\0\0"s + static_cast<char>(value.size()) + value) +
         message('C', "SELECT 1\0"s) + kReady;
}
std::string complaint(const std::string& words) {
  return message('E', "SFATAL\0C57P03\0M"s + words + "\0\0"s);
}

class PostgresProbing : public Probing {
 protected:
  std::string ask(Role role = Role::any, std::string password = "") {
    return probe({.kind = core::ProbeConfig::Kind::postgres,
                  .postgres = {.user = "me", .password = std::move(password), .role = role}});
  }
};

TEST_F(PostgresProbing, KnowsAPrimaryFromAReplica) {
  answer({kWelcome, row("f")});
  EXPECT_EQ(ask(), "passed: primary");
  EXPECT_TRUE(server_->heard().contains("user\0me\0database\0me\0"s));
  EXPECT_TRUE(server_->heard().contains("SELECT pg_is_in_recovery()"));
  answer({kWelcome, row("t")});
  EXPECT_EQ(ask(Role::replica), "passed: replica");
  answer({kWelcome, row("t")});
  EXPECT_EQ(ask(Role::primary), "failed: a replica, expected a primary");
  answer({kWelcome, row("f")});
  EXPECT_EQ(ask(Role::replica), "failed: a primary, expected a replica");
}

TEST_F(PostgresProbing, FailsWithTheServersWords) {
  answer({complaint("the database system is starting up")}, true);
  EXPECT_EQ(ask(), "failed: the server says: the database system is starting up");
  answer({kWelcome, complaint("permission denied")});
  EXPECT_EQ(ask(), "failed: the server says: permission denied");
  answer({complaint("a\nb" + std::string(300, 'x'))});
  const std::string words = ask();
  EXPECT_TRUE(words.starts_with("failed: the server says: a?bxxx")) << words;
  EXPECT_LT(words.size(), 250u);
}

TEST_F(PostgresProbing, SaysThatItHasNoPassword) {
  for (const std::string& wanted :
       {demand(3), demand(5, "salt"), demand(10, "SCRAM-SHA-256\0\0"s)}) {
    answer({wanted});
    EXPECT_EQ(ask(), "failed: the server asks for a password, and the probe has none");
  }
}

TEST_F(PostgresProbing, GivesItsPasswordAsItIsWanted) {
  answer({demand(3), kWelcome, row("f")});
  EXPECT_EQ(ask(Role::any, "secret"), "passed: primary");
  EXPECT_TRUE(server_->heard().contains("p\0\0\0\x0bsecret\0"s));
  answer({demand(5, "salt"), kWelcome, row("f")});
  EXPECT_EQ(ask(Role::any, "secret"), "passed: primary");
  EXPECT_FALSE(server_->heard().contains("secret"));
}

TEST_F(PostgresProbing, DoesNotBelieveAServerThatSkipsItsProof) {
  answer({demand(10, "SCRAM-SHA-256\0\0"s), demand(11, "r=guess,s=AAAA,i=4096")});
  EXPECT_EQ(ask(Role::any, "secret"),
            "failed: the server asks for a password, but its challenge is not an answer to ours");
  answer({demand(10, "SCRAM-SHA-256\0\0"s), demand(12, "v=AAAA")});
  EXPECT_EQ(ask(Role::any, "secret"), "failed: the server does not know the password itself");
}

TEST_F(PostgresProbing, FailsWhereTheLoginIsUnknown) {
  answer({demand(7)});
  EXPECT_EQ(ask(Role::any, "secret"),
            "failed: the server wants a login that a probe does not know (number 7)");
  answer({demand(10, "OTHER\0\0"s)});
  EXPECT_EQ(ask(Role::any, "secret"),
            "failed: the server wants a login that a probe does not know");
}

TEST_F(PostgresProbing, RefusesWhatIsNotPostgres) {
  for (const std::string& bytes : {"-ERR unknown command\r\n"s, "R\xff\xff\xff\xff"s,
                                   message('R', "\0"s), message('E', "S")}) {
    answer({bytes});
    EXPECT_EQ(ask(), "failed: the answer is not PostgreSQL's");
  }
  answer({kWelcome, message('D', "\0\x01\xff\xff\xff\xff"s) + kReady});
  EXPECT_EQ(ask(), "failed: the server does not say whether it is in recovery");
  answer({"Z\0"s}, true);
  EXPECT_EQ(ask(), "failed: the connection was closed without an answer");
}

TEST_F(PostgresProbing, HearsNoMoreThanItsLimit) {
  std::string notices;
  while (notices.size() < 70'000) notices += message('N', std::string(8000, 'x'));
  answer({notices});
  EXPECT_EQ(ask(), "failed: more than 65536 bytes came");
}

}  // namespace
}  // namespace fairlead::control

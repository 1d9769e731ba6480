#include "control/probe/test_probe.h"

namespace fairlead::control {
namespace {

class RedisProbing : public Probing {
 protected:
  std::string ask(std::string auth = "", std::string user = "") {
    return probe({.kind = core::ProbeConfig::Kind::redis,
                  .redis = {.user = std::move(user), .auth = std::move(auth)}});
  }
};

TEST_F(RedisProbing, WantsAPong) {
  answer({"+PONG\r\n"});
  EXPECT_EQ(ask(), "passed: PONG");
  EXPECT_EQ(server_->heard(), "*1\r\n$4\r\nPING\r\n");
  answer({"+HELLO\r\n"});
  EXPECT_EQ(ask(), "failed: PING was answered with `HELLO`");
}

TEST_F(RedisProbing, GivesItsPasswordFirst) {
  answer({"+OK\r\n+PONG\r\n"});
  EXPECT_EQ(ask("secret"), "passed: PONG");
  EXPECT_EQ(server_->heard(), "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n*1\r\n$4\r\nPING\r\n");
  answer({"+OK\r\n+PONG\r\n"});
  EXPECT_EQ(ask("secret", "me"), "passed: PONG");
  EXPECT_TRUE(server_->heard().starts_with("*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n"));
}

TEST_F(RedisProbing, FailsWithTheServersWords) {
  answer({"-NOAUTH Authentication required.\r\n"});
  EXPECT_EQ(ask(), "failed: the server says: NOAUTH Authentication required.");
  answer({"-LOADING Redis is loading the dataset in memory\r\n"});
  EXPECT_EQ(ask(), "failed: the server says: LOADING Redis is loading the dataset in memory");
  answer({"-WRONGPASS invalid username-password pair\r\n-NOAUTH no\r\n"});
  EXPECT_EQ(ask("x"), "failed: the server says: WRONGPASS invalid username-password pair");
}

TEST_F(RedisProbing, RefusesWhatIsNotRedis) {
  answer({"HTTP/1.1 400 Bad Request\r\n"});
  EXPECT_EQ(ask(), "failed: the answer is not Redis");
  answer({"+" + std::string(5000, 'x')});
  EXPECT_EQ(ask(), "failed: the answer is not Redis");
  answer({"+PON"}, true);
  EXPECT_EQ(ask(), "failed: the connection was closed without an answer");
}

}  // namespace
}  // namespace fairlead::control

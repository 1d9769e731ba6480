#include "sim/http_talk.h"

#include <gtest/gtest.h>

namespace fairlead::sim {
namespace {

using State = MessageReader::State;

TEST(HttpTalk, ReadsMessagesByteByByte) {
  MessageReader reader(MessageReader::Kind::request);
  const std::string bytes =
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "POST /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\nEmpty:\r\n\r\n" +
      in_chunks("hello world", 4) + "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n";
  std::vector<std::string> seen;
  for (const char byte : bytes) {
    reader.feed({&byte, 1});
    for (State state; (state = reader.next()) != State::more;) {
      ASSERT_NE(state, State::nonsense) << reader.problem();
      seen.push_back((state == State::head ? "head " : "whole ") + reader.message().start + " " +
                     reader.message().body);
    }
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"head POST /1 HTTP/1.1 ", "whole POST /1 HTTP/1.1 abc",
                                            "head POST /2 HTTP/1.1 ",
                                            "whole POST /2 HTTP/1.1 hello world",
                                            "head GET /3 HTTP/1.1 ", "whole GET /3 HTTP/1.1 "}));
  EXPECT_FALSE(reader.is_inside());
}

TEST(HttpTalk, KnowsResponsesWithoutABody) {
  MessageReader reader(MessageReader::Kind::response);
  reader.feed(
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 No "
      "Content\r\n\r\n");
  std::vector<int> statuses;
  for (State state; (state = reader.next(true)) != State::more;) {
    ASSERT_NE(state, State::nonsense);
    if (state == State::complete) statuses.push_back(reader.message().status());
  }
  EXPECT_EQ(statuses, (std::vector{103, 200, 204}));
}

TEST(HttpTalk, CallsAmbiguityNonsense) {
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"}) {
    MessageReader reader(MessageReader::Kind::response);
    reader.feed(bytes);
    State state = reader.next();
    if (state == State::head) state = reader.next();
    EXPECT_EQ(state, State::nonsense) << bytes;
  }
}

TEST(HttpTalk, PatternsDifferById) {
  EXPECT_EQ(pattern("a", 10).size(), 10u);
  EXPECT_NE(pattern("a", 10), pattern("b", 10));
  EXPECT_EQ(pattern("a", 10), pattern("a", 20).substr(0, 10));
}

}  // namespace
}  // namespace fairlead::sim

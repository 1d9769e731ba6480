#include "control/probe/test_probe.h"

namespace fairlead::control {
namespace {

using std::string_literals::operator""s;

std::string frame(char type, char flags, const std::string& payload, char stream = 1) {
  return "\0\0"s + static_cast<char>(payload.size()) + type + flags + "\0\0\0"s + stream + payload;
}

std::string field(const std::string& name, const std::string& value) {
  return "\0"s + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
}

class GrpcProbing : public Probing {
 protected:
  // A response with this message and these trailers.
  std::string ask(const std::string& message, const std::string& trailers,
                  const std::string& type = "application/grpc") {
    answer({frame(4, 0, "", 0) + frame(1, 4, "\x88" + field("content-type", type)) +
            frame(0, 0, message) + frame(1, 5, trailers)});
    return probe({.kind = core::ProbeConfig::Kind::grpc, .grpc_service = "my.Service"});
  }
};

TEST_F(GrpcProbing, PassesAServiceThatServes) {
  const std::string ok = field("grpc-status", "0");
  EXPECT_EQ(ask("\0\0\0\0\x02\x08\x01"s, ok), "passed: SERVING");
  EXPECT_TRUE(server_->heard().contains("\0\0\0\0\x0c\x0a\x0a"s + "my.Service"));
  EXPECT_EQ(ask("\0\0\0\0\x02\x08\x02"s, ok), "failed: NOT_SERVING");
  EXPECT_EQ(ask("\0\0\0\0\0"s, ok), "failed: UNKNOWN");
}

TEST_F(GrpcProbing, FailsWithTheServersStatusAndWords) {
  EXPECT_EQ(ask("", field("grpc-status", "5") + field("grpc-message", "unknown%20service")),
            "failed: NOT_FOUND: unknown service");
  EXPECT_EQ(ask("", field("grpc-status", "12")), "failed: UNIMPLEMENTED");
}

TEST_F(GrpcProbing, FailsWhereTheAnswerIsNotGrpc) {
  EXPECT_EQ(ask("hello", field("x", "y"), "text/html"), "failed: the answer is not gRPC");
  EXPECT_EQ(ask("", field("x", "y")), "failed: the answer has no `grpc-status`");
  EXPECT_EQ(ask("\0\0\0"s, field("grpc-status", "0")), "failed: no message in the response");
  EXPECT_EQ(ask("\0\0\0\0\x02\x08\x81"s, field("grpc-status", "0")), "failed: a malformed message");
}

TEST_F(GrpcProbing, FailsWhereTheServerSpeaksHttp1) {
  answer({"HTTP/1.1 400 Bad Request\r\n\r\n"});
  EXPECT_EQ(probe({.kind = core::ProbeConfig::Kind::grpc}),
            "failed: the server answers with HTTP/1, not HTTP/2");
}

}  // namespace
}  // namespace fairlead::control

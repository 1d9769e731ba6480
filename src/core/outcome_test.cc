#include "core/outcome.h"

#include <gtest/gtest.h>

namespace fairlead::core {
namespace {

Outcome failed(Code code, Side side = Side::upstream, Again again = Again::no,
               bool reused = false) {
  return Outcome::failure(Error{code, side, again, {}}, reused);
}

TEST(Judge, TheStatusesOfBrokenServersAreErrors) {
  for (const uint16_t status : {500, 502, 503, 504})
    EXPECT_EQ(judge(Outcome::success(status, 1ms)), Judgement::error) << status;
  for (const uint16_t status : {0, 101, 200, 304, 404, 429, 501, 505})
    EXPECT_EQ(judge(Outcome::success(status, 1ms)), Judgement::well) << status;
}

TEST(Judge, WhatTheBackendBrokeIsItsError) {
  for (const Code code : {Code::refused, Code::unreachable, Code::connect_timeout,
                          Code::tls_handshake, Code::reset,
                          Code::closed, Code::timeout, Code::malformed})
    EXPECT_EQ(judge(failed(code)), Judgement::error) << name_of(code);
}

TEST(Judge, WhatOthersBrokeSaysNothing) {
  EXPECT_EQ(judge(failed(Code::cancelled, Side::downstream)), Judgement::nothing);
  EXPECT_EQ(judge(failed(Code::timeout, Side::downstream)), Judgement::nothing);
  EXPECT_EQ(judge(failed(Code::exhausted, Side::internal)), Judgement::nothing);
}

TEST(Judge, AKeptConnectionMayHaveBeenClosedMeanwhile) {
  EXPECT_EQ(judge(failed(Code::reset, Side::upstream, Again::if_reused, true)), Judgement::nothing);
  EXPECT_EQ(judge(failed(Code::reset, Side::upstream, Again::if_reused)), Judgement::error);
  EXPECT_EQ(judge(failed(Code::timeout, Side::upstream, Again::no, true)), Judgement::error);
  // One that was given up at per_try_timeout: as any other that was too slow.
  EXPECT_EQ(judge(failed(Code::timeout, Side::upstream, Again::if_reused, true)), Judgement::error);
}

TEST(Judge, AConnectionThatServedMayEndAsItLikes) {
  Outcome tcp = failed(Code::reset);
  tcp.response_started = true;
  EXPECT_EQ(judge(tcp), Judgement::nothing);
  Outcome tunnel = tcp;
  tunnel.status = 101;
  EXPECT_EQ(judge(tunnel), Judgement::nothing);
  Outcome body = tcp;
  body.status = 200;
  EXPECT_EQ(judge(body), Judgement::error);
}

}  // namespace
}  // namespace fairlead::core

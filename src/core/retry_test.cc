#include "core/retry.h"

#include <gtest/gtest.h>

namespace fairlead::core {
namespace {

struct Case {
  const char* what;
  Outcome outcome;
  bool idempotent;
  bool replayable;
  Next next;
};

Outcome failed(Code code, Again again, bool reused = false) {
  return Outcome::failure(Error{code, Side::upstream, again, {}}, reused);
}

Outcome begun(Outcome outcome) {
  outcome.response_started = true;
  return outcome;
}

Outcome cut_off(Again again) {
  return Outcome::failure(Error{Code::draining, Side::internal, again, {}});
}

Outcome by_client(Code code) {
  return Outcome::failure(Error{code, Side::downstream, Again::yes, {}});
}

TEST(Retry, KeepsToItsTable) {
  RetryConfig config;
  config.on_status = {502, 503};
  constexpr bool yes = true, no = false;
  for (const Case& c : std::vector<Case>{
           {"refused", failed(Code::refused, Again::yes), no, yes, Next::again},
           {"connect timeout", failed(Code::connect_timeout, Again::yes), no, yes, Next::again},
           {"unreachable", failed(Code::unreachable, Again::yes), yes, yes, Next::again},
           {"refused, body gone", failed(Code::refused, Again::yes), no, no, Next::again},
           {"nothing sent", failed(Code::reset, Again::yes), no, yes, Next::again},
           {"nothing sent, body gone", failed(Code::reset, Again::yes), no, no, Next::done},
           {"nothing sent, idempotent, gone", failed(Code::reset, Again::yes), yes, no, Next::done},
           {"stale, safe", failed(Code::closed, Again::if_reused, yes), yes, yes, Next::again},
           {"stale, a POST", failed(Code::closed, Again::if_reused, yes), no, yes, Next::done},
           {"stale, body gone", failed(Code::reset, Again::if_reused, yes), yes, no, Next::done},
           {"fresh, safe", failed(Code::reset, Again::if_reused), yes, yes, Next::again},
           {"fresh, a POST", failed(Code::reset, Again::if_reused), no, yes, Next::done},
           {"within the head", failed(Code::reset, Again::no, yes), yes, yes, Next::done},
           {"too slow", failed(Code::timeout, Again::no), yes, yes, Next::done},
           {"its own limit", failed(Code::timeout, Again::if_reused), yes, yes, Next::again},
           {"its own limit, a POST", failed(Code::timeout, Again::if_reused), no, yes, Next::done},
           {"its own limit, body gone", failed(Code::timeout, Again::if_reused), yes, no,
            Next::done},
           {"its own limit, nothing sent", failed(Code::timeout, Again::yes), no, yes, Next::again},
           {"its own limit, nothing sent, body gone", failed(Code::timeout, Again::yes), no, no,
            Next::done},
           {"malformed", failed(Code::malformed, Again::no), yes, yes, Next::done},
           {"response began", begun(failed(Code::reset, Again::if_reused)), yes, yes, Next::done},
           {"503 began", begun(Outcome::success(503, 1ms)), yes, yes, Next::done},
           {"cut off, nothing sent", cut_off(Again::yes), no, no, Next::again},
           {"cut off, safe", cut_off(Again::if_reused), yes, yes, Next::again},
           {"cut off, a POST", cut_off(Again::if_reused), no, yes, Next::done},
           {"cut off within the head", cut_off(Again::no), yes, yes, Next::done},
           {"cut off, response began", begun(cut_off(Again::yes)), yes, yes, Next::done},
           {"the client's reset", by_client(Code::reset), yes, yes, Next::done},
           {"200", Outcome::success(200, 1ms), yes, yes, Next::done},
           {"503", Outcome::success(503, 1ms), yes, yes, Next::again},
           {"503, a POST", Outcome::success(503, 1ms), no, yes, Next::done},
           {"503, body gone", Outcome::success(503, 1ms), yes, no, Next::done},
           {"504, not listed", Outcome::success(504, 1ms), yes, yes, Next::done},
       }) {
    Attempts attempts(config, {}, c.idempotent);
    EXPECT_EQ(attempts.decide(c.outcome, 1, c.replayable), c.next) << c.what;
  }
}

TEST(Retry, ConditionsCanBeTurnedOff) {
  const RetryConfig config{.attempts = 2, .on_connect = false, .on_reset = false};
  EXPECT_EQ(Attempts(config, {}, true).decide(failed(Code::refused, Again::yes), 1, true),
            Next::done);
  EXPECT_EQ(Attempts(config, {}, true).decide(failed(Code::reset, Again::yes), 1, true),
            Next::done);
  EXPECT_EQ(Attempts(config, {}, true).decide(Outcome::success(503, 1ms), 1, true), Next::done);
}

TEST(Retry, EndsWhenItsAttemptsAreUsed) {
  const RetryConfig config;
  Attempts attempts(config, {}, true);
  EXPECT_EQ(attempts.number(), 1u);
  EXPECT_EQ(attempts.decide(failed(Code::refused, Again::yes), 11, true), Next::again);
  EXPECT_EQ(attempts.decide(failed(Code::refused, Again::yes), 12, true), Next::again);
  EXPECT_EQ(attempts.number(), 3u);
  EXPECT_TRUE(attempts.tried().contains(11) && attempts.tried().contains(12));
  EXPECT_FALSE(attempts.tried().has_avoided());
  EXPECT_EQ(attempts.decide(failed(Code::refused, Again::yes), 13, true), Next::done);
}

TEST(Retry, AStaleConnectionCostsNoAttemptOnce) {
  const RetryConfig none{.attempts = 0, .on_connect = false, .on_reset = false};
  Attempts attempts(none, {}, true);
  EXPECT_EQ(attempts.decide(failed(Code::closed, Again::if_reused, true), 5, true), Next::again);
  EXPECT_TRUE(attempts.fresh());
  EXPECT_TRUE(attempts.tried().has_avoided());
  EXPECT_EQ(attempts.decide(failed(Code::closed, Again::if_reused, true), 5, true), Next::done);
}

TEST(Retry, WhatMadeABackendWorkIsChargedToTheBudget) {
  RetryConfig config{.attempts = 10};
  config.on_status = {503};
  Attempts attempts(config, {}, true);
  EXPECT_FALSE(attempts.charged());
  attempts.decide(failed(Code::closed, Again::if_reused, true), 5, true);
  EXPECT_FALSE(attempts.charged());
  attempts.decide(failed(Code::reset, Again::if_reused), 6, true);
  EXPECT_FALSE(attempts.charged());
  ASSERT_EQ(attempts.decide(Outcome::success(503, 1ms), 7, true), Next::again);
  EXPECT_TRUE(attempts.charged());
  attempts.decide(failed(Code::refused, Again::yes), 8, true);
  EXPECT_FALSE(attempts.charged());
}

TEST(Retry, OnlyAfterAStaleConnectionMustTheNextBeFresh) {
  const RetryConfig config;
  Attempts attempts(config, {}, true);
  attempts.decide(failed(Code::closed, Again::if_reused, true), 5, true);
  EXPECT_TRUE(attempts.fresh());
  attempts.decide(failed(Code::refused, Again::yes), 6, true);
  EXPECT_FALSE(attempts.fresh());
}

}  // namespace
}  // namespace fairlead::core

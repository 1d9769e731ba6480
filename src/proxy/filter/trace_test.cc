#include "proxy/filter/trace.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "http/test_exchange.h"
#include "wire/trace_context.h"

namespace fairlead::proxy {
namespace {

const std::string kId = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = "00-" + kId + "-00f067aa0ba902b7-01";

struct Traced {
  std::string id;
  std::vector<std::string> parents;
  bool has_state = false;
};

Traced traced(std::string_view lines, uint32_t sample = 0) {
  http::TestExchange exchange("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n");
  Random random(1);
  Traced out;
  out.id = trace({.on = true, .sample = sample}, exchange->request(), exchange->scratch(), random);
  for (const http::Field& field : exchange->request().fields.all()) {
    if (field.hop_by_hop) continue;
    if (wire::http1::equals_ignoring_case(field.name, "traceparent"))
      out.parents.emplace_back(field.value);
    out.has_state |= wire::http1::equals_ignoring_case(field.name, "tracestate");
  }
  return out;
}

TEST(Trace, AWellFormedOneGoesOnAsItCame) {
  const Traced out = traced("Traceparent: " + kParent + "\r\ntracestate: a=b\r\n");
  EXPECT_EQ(out.id, kId);
  EXPECT_EQ(out.parents, std::vector{kParent});
  EXPECT_TRUE(out.has_state);
}

TEST(Trace, OneIsBegunWhereThereIsNone) {
  const Traced out = traced("tracestate: a=b\r\n");
  ASSERT_EQ(out.parents.size(), 1u);
  EXPECT_EQ(wire::trace_id_of(out.parents[0]), out.id);
  EXPECT_TRUE(out.parents[0].ends_with("-00"));
  EXPECT_FALSE(out.has_state);
}

TEST(Trace, AMalformedOrDoubledOneIsReplaced) {
  for (const std::string& lines :
       {std::string("traceparent: 00-nonsense\r\ntracestate: a=b\r\n"),
        "traceparent: " + kParent + "\r\ntraceparent: " + kParent + "\r\ntracestate: a=b\r\n"}) {
    const Traced out = traced(lines);
    ASSERT_EQ(out.parents.size(), 1u);
    EXPECT_NE(out.id, kId);
    EXPECT_FALSE(out.has_state);
  }
}

TEST(Trace, ThoseBegunHereAreSampledAsConfigured) {
  EXPECT_TRUE(traced("", 100).parents.at(0).ends_with("-01"));
}

}  // namespace
}  // namespace fairlead::proxy

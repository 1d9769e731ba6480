#include "wire/trace_context.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace fairlead::wire {
namespace {

const std::string kId = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kGood = "00-" + kId + "-00f067aa0ba902b7-01";

TEST(TraceContext, ReadsTheIdOfAWellFormedOne) {
  EXPECT_EQ(trace_id_of(kGood), kId);
  EXPECT_EQ(trace_id_of("00-" + kId + "-00f067aa0ba902b7-00"), kId);
}

TEST(TraceContext, LaterVersionsMayHaveMore) {
  EXPECT_EQ(trace_id_of("01" + kGood.substr(2) + "-more"), kId);
  EXPECT_EQ(trace_id_of("cc" + kGood.substr(2)), kId);
  EXPECT_FALSE(trace_id_of("01" + kGood.substr(2) + "more"));
  EXPECT_FALSE(trace_id_of(kGood + "-more"));
}

TEST(TraceContext, RefusesWhatIsNotWellFormed) {
  for (const std::string& bad :
       {std::string(), std::string("00"), "ff" + kGood.substr(2), "0G" + kGood.substr(2),
        kGood.substr(0, 54), kGood + "0", "00-" + std::string(32, '0') + "-00f067aa0ba902b7-01",
        "00-" + kId + "-0000000000000000-01",
        std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
        "00-" + kId + "-00f067aa0ba902b7-0g", "00_" + kGood.substr(3), std::string(55, '-')}) {
    EXPECT_FALSE(trace_id_of(bad)) << bad;
  }
}

TEST(TraceContext, WritesWhatItReads) {
  std::array<char, kTraceParentLength> out;
  EXPECT_EQ(
      write_traceparent(out, 0x4bf92f3577b34da6, 0xa3ce929d0e0e4736, 0x00f067aa0ba902b7, true),
      kGood);
  EXPECT_EQ(trace_id_of(write_traceparent(out, 0, 1, 1, false)),
            "00000000000000000000000000000001");
}

}  // namespace
}  // namespace fairlead::wire

#include "control/admin/metrics_text.h"

#include <gtest/gtest.h>

namespace fairlead::control {
namespace {

TEST(MetricsText, WritesHelpTypeAndSamples) {
  MetricsText text;
  text.family("a_total", MetricType::counter, "How many.");
  text.sample({}, uint64_t{18446744073709551615u});
  text.sample({{"x", "1"}, {"y", "z"}}, 0.5, "_sum");
  EXPECT_EQ(text.take(),
            "# HELP a_total How many.\n"
            "# TYPE a_total counter\n"
            "a_total 18446744073709551615\n"
            "a_total_sum{x=\"1\",y=\"z\"} 0.5\n");
}

TEST(MetricsText, EscapesLabelValues) {
  MetricsText text;
  text.family("a", MetricType::gauge, "A.");
  text.sample({{"x", "q\"b\\n\n"}}, uint64_t{1});
  EXPECT_EQ(text.take(), "# HELP a A.\n# TYPE a gauge\na{x=\"q\\\"b\\\\n\\n\"} 1\n");
}

}  // namespace
}  // namespace fairlead::control

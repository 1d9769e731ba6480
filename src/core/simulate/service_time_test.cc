#include "core/simulate/service_time.h"

#include <gtest/gtest.h>

#include "core/simulate/latencies.h"

namespace fairlead::core {
namespace {

TEST(ServiceTime, IsReadBackAsWritten) {
  for (const char* text : {"exp:20ms", "const:1500us", "lognormal:1s:1.5"}) {
    const auto service = ServiceTime::parse(text);
    ASSERT_TRUE(service) << text << service.error();
    EXPECT_EQ(service->text(), text);
  }
  EXPECT_EQ(ServiceTime::parse("lognormal:20ms")->sigma, 1);
  EXPECT_EQ(ServiceTime::parse("exp:1.5s")->mean, 1500ms);
}

TEST(ServiceTime, NothingElseIsRead) {
  for (const char* text : {"", "exp", "exp:", "exp:20", "exp:ms", "exp:-1ms", "exp:0ms", "exp:1ns",
                           "exp:2h", "exp:nanms", "exp:20ms:1", "normal:20ms", "lognormal:20ms:9",
                           "lognormal:20ms:", "const: 20ms"}) {
    EXPECT_FALSE(ServiceTime::parse(text)) << text;
  }
}

TEST(ServiceTime, EveryKindKeepsItsMean) {
  for (const char* text : {"exp:20ms", "const:20ms", "lognormal:20ms:0.5", "lognormal:20ms:1"}) {
    const ServiceTime service = *ServiceTime::parse(text);
    Random random(1);
    Latencies drawn;
    for (int i = 0; i < 400'000; ++i) drawn.add(service.draw(random));
    EXPECT_NEAR(to_seconds(drawn.mean()), 0.020, 0.0003) << text;
  }
}

TEST(ServiceTime, ALognormalHasTheMedianOfItsSigma) {
  const ServiceTime service = *ServiceTime::parse("lognormal:20ms:1");
  Random random(2);
  Latencies drawn;
  for (int i = 0; i < 400'000; ++i) drawn.add(service.draw(random));
  EXPECT_NEAR(to_seconds(drawn.percentile(0.5)), 0.01213, 0.0002);  // 20 ms / e^(1/2)
}

TEST(Latencies, PercentilesAreWithinOnePercent) {
  Latencies latencies;
  for (int64_t i = 1; i <= 100'000; ++i) latencies.add(Duration(i * 1000));
  for (const double p : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const auto found = static_cast<double>(latencies.percentile(p).count());
    EXPECT_NEAR(found, p * 1e8, p * 1e6) << p;
  }
  EXPECT_EQ(latencies.mean(), Duration(50'000'500));
}

TEST(Latencies, OfNothingAreZero) {
  EXPECT_EQ(Latencies().percentile(0.99), Duration::zero());
  EXPECT_EQ(Latencies().mean(), Duration::zero());
}

TEST(Latencies, TakeEverySpan) {
  Latencies latencies;
  latencies.add(Duration(-5));
  EXPECT_EQ(latencies.percentile(1), Duration::zero());
  latencies.add(Duration::max());
  EXPECT_GT(latencies.percentile(1), Duration::max() / 2);
}

}  // namespace
}  // namespace fairlead::core

#include "net/byte_ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"

namespace fairlead::net {
namespace {

using Records = std::vector<std::pair<int, std::string>>;

Records pop_all(ByteRing& ring) {
  Records records;
  ring.pop_all([&](uint8_t tag, std::string_view first, std::string_view second) {
    records.emplace_back(tag, std::string(first) + std::string(second));
  });
  return records;
}

TEST(ByteRing, GivesRecordsInOrderWithTheirTags) {
  ByteRing ring(64);
  EXPECT_TRUE(ring.is_empty());
  EXPECT_TRUE(ring.push(1, "one"));
  EXPECT_TRUE(ring.push(255, ""));
  EXPECT_TRUE(ring.push(0, "three"));
  EXPECT_FALSE(ring.is_empty());
  EXPECT_EQ(pop_all(ring), (Records{{1, "one"}, {255, ""}, {0, "three"}}));
  EXPECT_TRUE(ring.is_empty());
}

TEST(ByteRing, RefusesWhatHasNoRoom) {
  ByteRing ring(32);
  EXPECT_TRUE(ring.push(1, std::string(20, 'a')));  // 24 of 32
  EXPECT_FALSE(ring.push(1, std::string(5, 'b')));  // 9 more do not fit
  EXPECT_TRUE(ring.push(1, std::string(4, 'c')));   // 8 do
  EXPECT_FALSE(ring.push(1, ""));
  EXPECT_EQ(pop_all(ring).size(), 2u);
  EXPECT_TRUE(ring.push(1, std::string(28, 'd')));
  EXPECT_FALSE(ByteRing(32).push(1, std::string(29, 'e')));
}

TEST(ByteRing, AgreesWithAQueueOnRandomUse) {
  Random random(1);
  for (const size_t capacity : {8u, 64u, 1024u}) {
    ByteRing ring(capacity);
    std::deque<std::pair<int, std::string>> twin;
    size_t used = 0;
    for (int step = 0; step < 20'000; ++step) {
      if (random.below(4)) {
        std::string bytes(random.below(static_cast<uint32_t>(capacity)),
                          static_cast<char>('a' + step % 26));
        const bool fits = used + bytes.size() + 4 <= capacity;
        const auto tag = static_cast<uint8_t>(step);
        ASSERT_EQ(ring.push(tag, bytes), fits);
        if (fits) used += bytes.size() + 4;
        if (fits) twin.emplace_back(tag, bytes);
      } else {
        const Records records = pop_all(ring);
        ASSERT_EQ(records, Records(twin.begin(), twin.end()));
        twin.clear();
        used = 0;
      }
    }
  }
}

TEST(ByteRing, CarriesBetweenTwoThreads) {
  ByteRing ring(256);
  constexpr int kRecords = 100'000;
  std::thread pusher([&ring] {
    for (int i = 0; i < kRecords; ++i) {
      const std::string text = std::to_string(i);
      while (!ring.push(static_cast<uint8_t>(i % 7), text)) std::this_thread::yield();
    }
  });
  int expected = 0;
  bool in_order = true;
  while (expected < kRecords) {
    const size_t count =
        ring.pop_all([&](uint8_t tag, std::string_view first, std::string_view second) {
          in_order &= std::string(first) + std::string(second) == std::to_string(expected) &&
                      tag == expected % 7;
          ++expected;
        });
    if (count == 0) std::this_thread::yield();
  }
  pusher.join();
  EXPECT_TRUE(in_order);
}

}  // namespace
}  // namespace fairlead::net

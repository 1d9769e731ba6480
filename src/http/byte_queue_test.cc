#include "http/byte_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace fairlead::http {
namespace {

std::string text(size_t size) {
  std::string bytes(size, 'a');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + i % 23);
  return bytes;
}

std::string drain(ByteQueue& queue, size_t step) {
  std::string out;
  while (!queue.empty()) {
    const auto front = queue.front();
    const size_t count = std::min(step, front.size());
    out.append(front.data(), count);
    queue.consume(count);
  }
  return out;
}

TEST(ByteQueue, GivesBackWhatItWasGiven) {
  for (const size_t size : {1, 1000, 16 * 1024, 100'000, 300'000}) {
    for (const size_t step : {7, 4096, 100'000}) {
      ByteQueue queue;
      const std::string bytes = text(size);
      for (size_t at = 0; at < size; at += 10'000)
        queue.append({bytes.data() + at, std::min<size_t>(10'000, size - at)});
      EXPECT_EQ(queue.size(), size);
      EXPECT_EQ(drain(queue, step), bytes);
      EXPECT_TRUE(queue.front().empty());
    }
  }
}

TEST(ByteQueue, IsTheSameBetweenAppendsAndUses) {
  ByteQueue queue;
  const std::string bytes = text(200'000);
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += 1000) {
    queue.append({bytes.data() + at, 1000});
    if (at % 3000 == 0) out += drain(queue, 333);
  }
  out += drain(queue, 50'000);
  EXPECT_EQ(out, bytes);
}

TEST(ByteQueue, RewindsToTheFirstByteWhileItKeepsThem) {
  ByteQueue queue(1000);
  queue.append({"hello world", 11});
  queue.consume(11);
  EXPECT_TRUE(queue.can_rewind());
  queue.rewind();
  EXPECT_EQ(drain(queue, 4), "hello world");
  queue.append({" again", 6});
  queue.rewind();
  EXPECT_EQ(queue.size(), 17u);
  EXPECT_EQ(drain(queue, 100), "hello world again");
}

TEST(ByteQueue, KeepsNoMoreThanItWasTold) {
  ByteQueue queue(10);
  queue.append({"0123456789abc", 13});
  queue.consume(10);
  EXPECT_TRUE(queue.can_rewind());
  queue.consume(1);
  EXPECT_FALSE(queue.can_rewind());
  EXPECT_EQ(drain(queue, 100), "bc");
}

TEST(ByteQueue, ForgetsOnDemand) {
  ByteQueue queue(1000);
  queue.append({"abc", 3});
  queue.consume(2);
  queue.forget();
  EXPECT_FALSE(queue.can_rewind());
  EXPECT_EQ(drain(queue, 100), "c");
}

TEST(ByteQueue, TakesBytesOutOverTheEdgesOfItsBlocks) {
  ByteQueue queue;
  const std::string bytes = text(150'000);
  queue.append({bytes.data(), bytes.size()});
  std::string out(150'000, ' ');
  EXPECT_EQ(queue.take({out.data(), out.size()}), 150'000u);
  EXPECT_EQ(out, bytes);
  EXPECT_EQ(queue.take({out.data(), out.size()}), 0u);
}

}  // namespace
}  // namespace fairlead::http

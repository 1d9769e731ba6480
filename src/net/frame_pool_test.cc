#include "net/frame_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"

namespace fairlead::net {
namespace {

TEST(FramePool, FramesOfEverySizeCanBeUsedWhole) {
  for (size_t size = 1; size <= 5'000; size += 13) {
    void* frame = allocate_frame(size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(frame) % alignof(std::max_align_t), 0u);
    std::memset(frame, 0xa5, size);
    free_frame(frame, size);
  }
}

TEST(FramePool, FramesThatAreOutNeverOverlap) {
  Random random(1);
  std::vector<std::pair<unsigned char*, size_t>> out;
  for (int step = 0; step < 20'000; ++step) {
    if (out.size() < 200 && random.below(2)) {
      const size_t size = 1 + random.below(3'000);
      auto* frame = static_cast<unsigned char*>(allocate_frame(size));
      std::memset(frame, static_cast<int>(size & 0xff), size);
      out.emplace_back(frame, size);
    } else if (!out.empty()) {
      std::swap(out[random.below(static_cast<uint32_t>(out.size()))], out.back());
      const auto [frame, size] = out.back();
      ASSERT_EQ(frame[0], size & 0xff);
      ASSERT_EQ(frame[size - 1], size & 0xff);
      free_frame(frame, size);
      out.pop_back();
    }
  }
  for (const auto& [frame, size] : out) free_frame(frame, size);
}

TEST(FramePool, KeepsAtMostItsShareAfterABurst) {
  std::vector<void*> frames;
  for (int i = 0; i < 10'000; ++i) frames.push_back(allocate_frame(100));
  for (void* frame : frames) free_frame(frame, 100);
  for (int i = 0; i < 10'000; ++i) frames[static_cast<size_t>(i)] = allocate_frame(100);
  for (void* frame : frames) free_frame(frame, 100);
}

TEST(FramePool, EachThreadHasItsOwn) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 10'000; ++i) free_frame(allocate_frame(300), 300);
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace fairlead::net

#include "net/block.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <utility>
#include <vector>

namespace fairlead::net {
namespace {

TEST(Block, HasOneOfThreeSizes) {
  EXPECT_EQ(Block::take(1).capacity(), kSmallBlock);
  EXPECT_EQ(Block::take(kSmallBlock).capacity(), kSmallBlock);
  EXPECT_EQ(Block::take(kSmallBlock + 1).capacity(), kMiddleBlock);
  EXPECT_EQ(Block::take(kMiddleBlock).capacity(), kMiddleBlock);
  EXPECT_EQ(Block::take(kMiddleBlock + 1).capacity(), kLargeBlock);
  EXPECT_EQ(Block::take(kLargeBlock).capacity(), kLargeBlock);
}

TEST(Block, WithoutBytesHasNoCapacity) {
  EXPECT_EQ(Block().capacity(), 0u);
  Block block = Block::take(1);
  block.release();
  EXPECT_FALSE(block);
  EXPECT_EQ(block.capacity(), 0u);
  Block first = Block::take(1);
  Block second = std::move(first);
  EXPECT_FALSE(first);
  EXPECT_EQ(first.capacity(), 0u);
  EXPECT_EQ(second.capacity(), kSmallBlock);
}

TEST(Block, AssignedFromADifferentSizeGoesBackToItsOwn) {
  for (int i = 0; i < 100; ++i) {
    Block block = Block::take(kLargeBlock);
    block = Block::take(kSmallBlock);
    std::memset(block.data(), 1, block.capacity());
    Block large = Block::take(kLargeBlock);
    std::memset(large.data(), 2, large.capacity());
  }
}

TEST(Block, MayAllBeOutAtOnceAndComeBackInAnyOrder) {
  std::vector<Block> blocks;
  for (int i = 0; i < 2'000; ++i) {
    blocks.push_back(Block::take(i % 50 == 0 ? kLargeBlock : kSmallBlock));
    blocks.back().data()[0] = static_cast<char>(i);
  }
  for (size_t i = 0; i < blocks.size(); i += 2) blocks[i].release();
  for (size_t i = 1; i < blocks.size(); i += 2)
    ASSERT_EQ(blocks[i].data()[0], static_cast<char>(i));
}

TEST(Block, MayEndOnAnotherThread) {
  Block block = Block::take(1);
  std::thread([moved = std::move(block)]() mutable { moved.release(); }).join();
  EXPECT_TRUE(Block::take(1));
}

}  // namespace
}  // namespace fairlead::net

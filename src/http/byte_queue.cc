#include "http/byte_queue.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace fairlead::http {

void ByteQueue::append(std::span<const char> bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (parts_.empty() || parts_.back().end == parts_.back().block.capacity()) {
      const bool is_bulk = bytes.size() > net::kSmallBlock || size_ > net::kSmallBlock;
      parts_.push_back({net::Block::take(is_bulk ? net::kMiddleBlock : net::kSmallBlock)});
    }
    Part& part = parts_.back();
    const size_t count = std::min(bytes.size(), part.block.capacity() - part.end);
    std::memcpy(part.block.data() + part.end, bytes.data(), count);
    part.end += static_cast<uint32_t>(count);
    bytes = bytes.subspan(count);
  }
}

std::span<char> ByteQueue::front() {
  while (first_ < parts_.size() && parts_[first_].begin == parts_[first_].end) {
    if (size_ == 0) return {};
    ++first_;
  }
  if (first_ == parts_.size()) return {};
  const Part& part = parts_[first_];
  return {part.block.data() + part.begin, part.end - part.begin};
}

void ByteQueue::consume(size_t count) {
  CHECK(count <= size_);
  size_ -= count;
  if (keep_ > 0) {
    used_ += count;
    if (used_ > keep_) keep_ = 0;
  }
  while (count > 0) {
    Part& part = parts_[first_];
    const size_t here = std::min<size_t>(count, part.end - part.begin);
    part.begin += static_cast<uint32_t>(here);
    count -= here;
    if (part.begin == part.end && count > 0) ++first_;
  }
  if (keep_ == 0) drop_used();
}

size_t ByteQueue::take(std::span<char> into) {
  size_t taken = 0;
  while (taken < into.size()) {
    const std::span<char> here = front();
    if (here.empty()) break;
    const size_t count = std::min(here.size(), into.size() - taken);
    std::memcpy(into.data() + taken, here.data(), count);
    consume(count);
    taken += count;
  }
  return taken;
}

void ByteQueue::drop_used() {
  if (size_ == 0) {
    parts_.clear();
    first_ = 0;
    return;
  }
  while (parts_[first_].begin == parts_[first_].end) ++first_;
  parts_.erase(parts_.begin(), parts_.begin() + static_cast<ptrdiff_t>(first_));
  first_ = 0;
}

void ByteQueue::rewind() {
  CHECK(can_rewind());
  for (Part& part : parts_) part.begin = 0;
  first_ = 0;
  size_ += used_;
  used_ = 0;
}

void ByteQueue::forget() {
  keep_ = 0;
  drop_used();
}

}  // namespace fairlead::http

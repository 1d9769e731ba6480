#include "wire/http1_scan.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "wire/http1_chars.h"
#include "wire/http1_test_feed.h"

namespace fairlead::wire::http1 {
namespace {

// The twin: one byte after the other, by the table.
bool stops(Stop stop, char c) {
  switch (stop) {
    case Stop::not_token: return !is_char(c, kToken);
    case Stop::not_text: return !is_char(c, kText);
    case Stop::not_target: return !is_char(c, kTarget) && c != 0x7f;
  }
  return false;
}

size_t slow_next(Stop stop, std::string_view bytes, size_t from) {
  while (from < bytes.size() && !stops(stop, bytes[from])) ++from;
  return from;
}

constexpr Stop kStops[] = {Stop::not_token, Stop::not_text, Stop::not_target};

std::string random_text(Random& random, size_t size) {
  std::string text(size, 'a');
  // Long quiet stretches, as in real heads, with any byte in between.
  for (char& c : text)
    if (random.below(12) == 0) c = static_cast<char>(random.below(256));
  return text;
}

TEST(Http1Scan, EveryClassifierAgreesWithTheTableOnEveryByteAtEveryPlace) {
  for (const Classify classify : classifiers()) {
    for (size_t size = 1; size <= 70; ++size) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'a');
        text[static_cast<size_t>(byte) % size] = static_cast<char>(byte);
        const ExactCopy copy(text);
        ScanBits bits;
        classify(copy.view(), 0, bits);
        for (const Stop stop : kStops) {
          for (size_t at = 0; at < size; ++at) {
            const bool bit = (bits.words[static_cast<size_t>(stop)][at / 64] >> (at % 64)) & 1;
            ASSERT_EQ(bit, stops(stop, text[at])) << byte << " at " << at << " of " << size;
          }
          if (size % 64 != 0) {
            ASSERT_EQ(bits.words[static_cast<size_t>(stop)][size / 64] >> (size % 64), 0u);
          }
        }
      }
    }
  }
}

TEST(Http1Scan, EveryClassifierGivesTheSameBitsForAnyWindowOfRandomBytes) {
  Random random(1);
  for (int round = 0; round < 3000; ++round) {
    const ExactCopy copy(random_text(random, 1 + random.below(700)));
    const size_t from = random.below(static_cast<uint32_t>(copy.size));
    const size_t words = (std::min(kScanWindow, copy.size - from) + 63) / 64;
    ScanBits wanted;
    classifiers().back()(copy.view(), from, wanted);
    for (const Classify classify : classifiers()) {
      ScanBits bits;
      classify(copy.view(), from, bits);
      for (const Stop stop : kStops) {
        const auto row = static_cast<size_t>(stop);
        for (size_t word = 0; word < words; ++word)
          ASSERT_EQ(bits.words[row][word], wanted.words[row][word]);
      }
    }
  }
}

TEST(Http1Scan, NextFindsWhatALoopFindsForwardsAndBackwards) {
  Random random(2);
  for (int round = 0; round < 2000; ++round) {
    const ExactCopy copy(random_text(random, random.below(1500)));
    Scan scan(copy.view());
    for (int look = 0; look < 30; ++look) {
      const size_t from = random.below(static_cast<uint32_t>(copy.size) + 2);
      const Stop stop = kStops[random.below(3)];
      ASSERT_EQ(scan.next(stop, from), std::min(copy.size, slow_next(stop, copy.view(), from)));
    }
  }
}

}  // namespace
}  // namespace fairlead::wire::http1

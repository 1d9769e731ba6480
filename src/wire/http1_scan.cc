// The three ways to classify bytes: AVX2, SSE2 (any x86-64) and plain C++ (any CPU).
//
// All give the same bits (http1_scan_test.cc compares them with the table of http1_chars.h). The
// way is chosen once, at the first use.
#include "wire/http1_scan.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "wire/http1_chars.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fairlead::wire::http1 {
namespace {

constexpr size_t kBlock = 32;  // bytes that one call of a Masks function looks at

// A bit for each byte of a block and each Stop.
struct Masks {
  uint32_t stop[3];
};

// The last, partial block of the bytes: read as the last 32 bytes there are, or, of fewer than that
// in all, from a copy. So no byte outside is touched.
template <auto kMasks>
[[gnu::always_inline]] inline Masks last_block(std::string_view bytes, size_t left) {
  const auto missing = static_cast<unsigned>(kBlock - left);
  if (bytes.size() >= kBlock) {
    Masks masks = kMasks(bytes.data() + bytes.size() - kBlock);
    for (uint32_t& stop : masks.stop) stop >>= missing;
    return masks;
  }
  char copy[kBlock] = {};
  std::memcpy(copy, bytes.data() + bytes.size() - left, left);
  Masks masks = kMasks(copy);
  for (uint32_t& stop : masks.stop) stop &= ~uint32_t{0} >> missing;
  return masks;
}

[[gnu::always_inline]] inline void store(const Masks& low, const Masks& high, size_t word,
                                         ScanBits& bits) {
  for (size_t stop = 0; stop < 3; ++stop)
    bits.words[stop][word] = low.stop[stop] | uint64_t{high.stop[stop]} << kBlock;
}

template <auto kMasks>
[[gnu::always_inline]] inline void classify(std::string_view bytes, size_t from, ScanBits& bits) {
  const size_t size = std::min(kScanWindow, bytes.size() - from);
  const char* window = bytes.data() + from;
  size_t at = 0;
  for (; size - at >= 2 * kBlock; at += 2 * kBlock)
    store(kMasks(window + at), kMasks(window + at + kBlock), at / 64, bits);
  if (at == size) return;
  // What is left of the bytes, less than a word.
  const size_t left = size - at;
  if (left > kBlock) {
    store(kMasks(window + at), last_block<kMasks>(bytes, left - kBlock), at / 64, bits);
  } else {
    store(last_block<kMasks>(bytes, left), Masks{}, at / 64, bits);
  }
}

Masks masks_scalar(const char* block) {
  Masks masks = {};
  for (unsigned i = 0; i < kBlock; ++i) {
    const char c = block[i];
    masks.stop[0] |= uint32_t{!is_char(c, kToken)} << i;
    masks.stop[1] |= uint32_t{!is_char(c, kText)} << i;
    masks.stop[2] |= uint32_t{!is_char(c, kTarget) && c != 0x7f} << i;
  }
  return masks;
}

void classify_scalar(std::string_view bytes, size_t from, ScanBits& bits) {
  classify<masks_scalar>(bytes, from, bits);
}

#if defined(__x86_64__)

// SSE2 has no table look-up: the token bytes as ranges.
inline __m128i in_range(__m128i bytes, char first, char last) {
  const __m128i offset = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
  const __m128i width = _mm_set1_epi8(static_cast<char>(last - first));
  return _mm_cmpeq_epi8(_mm_min_epu8(offset, width), offset);
}

inline __m128i any(__m128i a, __m128i b, __m128i c) { return _mm_or_si128(a, _mm_or_si128(b, c)); }
inline __m128i equal(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }

inline __m128i is_token_sse2(__m128i bytes) {
  const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
  const __m128i usual =
      any(in_range(folded, 'a', 'z'), in_range(bytes, '0', '9'), in_range(bytes, '-', '.'));
  const __m128i marks =
      any(in_range(bytes, '^', '`'), in_range(bytes, '#', '\''), in_range(bytes, '*', '+'));
  return any(usual, marks, any(equal(bytes, '!'), equal(bytes, '|'), equal(bytes, '~')));
}

inline uint32_t bits_of(__m128i bytes) { return static_cast<uint32_t>(_mm_movemask_epi8(bytes)); }

inline Masks masks_of_half(const char* half) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(half));
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  const __m128i not_text =
      _mm_or_si128(_mm_andnot_si128(equal(bytes, '\t'), low), equal(bytes, 0x7f));
  const __m128i outside = _mm_cmpgt_epi8(_mm_set1_epi8(0x21), bytes);  // signed: also above 0x7f
  const __m128i not_target = any(outside, equal(bytes, '?'), equal(bytes, '#'));
  return {{~bits_of(is_token_sse2(bytes)) & 0xffff, bits_of(not_text), bits_of(not_target)}};
}

Masks masks_sse2(const char* block) {
  Masks masks = masks_of_half(block);
  const Masks upper = masks_of_half(block + kBlock / 2);
  for (size_t stop = 0; stop < 3; ++stop) masks.stop[stop] |= upper.stop[stop] << (kBlock / 2);
  return masks;
}

void classify_sse2(std::string_view bytes, size_t from, ScanBits& bits) {
  classify<masks_sse2>(bytes, from, bits);
}

// A byte is a token byte where the tables of its low and its high half share a bit: one bit for
// each of the six rows 0x20 to 0x70, in which token bytes stand.
constexpr std::array<uint8_t, 16> low_half_table() {
  std::array<uint8_t, 16> table{};
  for (unsigned c = 0x20; c < 0x80; ++c)
    if (is_char(static_cast<char>(c), kToken))
      table[c % 16] |= static_cast<uint8_t>(1u << (c / 16 - 2));
  return table;
}
alignas(16) constexpr std::array<uint8_t, 16> kLowHalf = low_half_table();
alignas(16) constexpr std::array<uint8_t, 16> kHighHalf = {0, 0, 1, 2, 4, 8, 16, 32};

#define FAIRLEAD_AVX2 __attribute__((target("avx2")))

FAIRLEAD_AVX2 inline __m256i table_of(const std::array<uint8_t, 16>& table) {
  return _mm256_broadcastsi128_si256(
      _mm_load_si128(reinterpret_cast<const __m128i*>(table.data())));
}

FAIRLEAD_AVX2 inline __m256i equal_avx2(__m256i bytes, char c) {
  return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c));
}

FAIRLEAD_AVX2 inline uint32_t bits_of_avx2(__m256i bytes) {
  return static_cast<uint32_t>(_mm256_movemask_epi8(bytes));
}

FAIRLEAD_AVX2 inline __m256i not_token_avx2(__m256i bytes) {
  const __m256i high_half = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
  // A byte above 0x7f looks up zero by itself, in the first table.
  const __m256i shared = _mm256_and_si256(_mm256_shuffle_epi8(table_of(kLowHalf), bytes),
                                          _mm256_shuffle_epi8(table_of(kHighHalf), high_half));
  return _mm256_cmpeq_epi8(shared, _mm256_setzero_si256());
}

FAIRLEAD_AVX2 Masks masks_avx2(const char* block) {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block));
  const __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
  const __m256i not_text =
      _mm256_or_si256(_mm256_andnot_si256(equal_avx2(bytes, '\t'), low), equal_avx2(bytes, 0x7f));
  const __m256i outside = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x21), bytes);
  const __m256i part_end = _mm256_or_si256(equal_avx2(bytes, '?'), equal_avx2(bytes, '#'));
  return {{bits_of_avx2(not_token_avx2(bytes)), bits_of_avx2(not_text),
           bits_of_avx2(_mm256_or_si256(outside, part_end))}};
}

FAIRLEAD_AVX2 void classify_avx2(std::string_view bytes, size_t from, ScanBits& bits) {
  classify<masks_avx2>(bytes, from, bits);
}

#undef FAIRLEAD_AVX2
#endif

void choose_and_classify(std::string_view bytes, size_t from, ScanBits& bits);

// Chosen at the first use rather than at start: code that runs before main() may parse, too.
constinit std::atomic<Classify> chosen = choose_and_classify;

void choose_and_classify(std::string_view bytes, size_t from, ScanBits& bits) {
  const Classify best = classifiers().front();
  chosen.store(best, std::memory_order_relaxed);
  best(bytes, from, bits);
}

}  // namespace

std::vector<Classify> classifiers() {
  std::vector<Classify> all;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) all.push_back(classify_avx2);
  all.push_back(classify_sse2);
#endif
  all.push_back(classify_scalar);
  return all;
}

void Scan::enter(size_t from) {
  begin_ = from;
  chosen.load(std::memory_order_relaxed)(bytes_, from, bits_);
}

}  // namespace fairlead::wire::http1

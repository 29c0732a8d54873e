// Exact sums over rows of integers with AVX2, and differing bits with POPCNT. Sums of whole rows of
// 8-bit elements fit int32, and so do half a row's of a 16-bit element times half of another, so
// pmaddwd does the work of both; 32-bit elements go through pmuldq, four a step.
// A row's end is copied beside zeros, which add nothing.
#include <immintrin.h>

#include <cstring>

#include "distance.h"

namespace sluice {
namespace {

constexpr size_t kStep = 32;

// The rest of a row, padded with zeros to a step.
struct Rest {
  Rest(const uint8_t* row, size_t start, size_t end) {
    // SAFETY: the row has `end` bytes, and end - start is less than the room.
    std::memcpy(bytes, row + start, end - start);
  }
  alignas(32) uint8_t bytes[kStep * 4] = {};
};

__m256i load(const void* bytes) {
  // SAFETY: the caller has at least 32 bytes left; loadu needs no alignment.
  return _mm256_loadu_si256(static_cast<const __m256i*>(bytes));
}

__m128i load_half(const void* bytes) {
  // SAFETY: the caller has at least 16 bytes left; loadu needs no alignment.
  return _mm_loadu_si128(static_cast<const __m128i*>(bytes));
}

int64_t total64(__m256i lanes) {
  const __m128i pair =
      _mm_add_epi64(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
  return _mm_cvtsi128_si64(pair) + _mm_extract_epi64(pair, 1);
}

// Of int32 lanes, which may not fit int32 together.
int64_t total32(__m256i lanes) {
  return total64(_mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(lanes)),
                                  _mm256_cvtepi32_epi64(_mm256_extracti128_si256(lanes, 1))));
}

template <bool kSigned>
__m256i widen(const uint8_t* bytes) {
  return kSigned ? _mm256_cvtepi8_epi16(load_half(bytes)) : _mm256_cvtepu8_epi16(load_half(bytes));
}

template <bool kSigned, bool kNorm>
struct Narrow {
  static constexpr size_t kBytes = 1;
  __m256i dot = _mm256_setzero_si256();
  __m256i norm = dot;

  void add(const Query& query, size_t i, const uint8_t* bytes) {
    for (size_t j = 0; j < kStep; j += 16) {
      const __m256i x = widen<kSigned>(bytes + j);
      dot = _mm256_add_epi32(dot, _mm256_madd_epi16(x, load(query.narrow.widened + i + j)));
      if (kNorm) norm = _mm256_add_epi32(norm, _mm256_madd_epi16(x, x));
    }
  }

  IntegerSums finish(const Query&) const { return {{0, total32(dot)}, {0, total32(norm)}}; }
};

// Elements are read as x = element - kShift, which fits int16 in both signednesses. Even and odd
// vectors have their own sums, so that at most 128 are added to one.
template <int32_t kShift, bool kNorm>
struct Shorts {
  static constexpr size_t kBytes = 2;
  __m256i high[2] = {};
  __m256i low[2] = {};
  __m256i norm = _mm256_setzero_si256();
  __m256i sum = norm;

  void add(const Query& query, size_t i, const uint8_t* bytes) {
    for (size_t j = 0; j < 2; j++) {
      const size_t at = i + 16 * j;
      const __m256i x = _mm256_xor_si256(load(bytes + 32 * j),
                                         _mm256_set1_epi16(static_cast<int16_t>(kShift)));
      high[j] = _mm256_add_epi32(high[j], _mm256_madd_epi16(x, load(query.shorts.high + at)));
      low[j] = _mm256_add_epi32(low[j], _mm256_madd_epi16(x, load(query.shorts.low + at)));
      if (!kNorm) continue;
      // Two squares: at most 2^31, so unsigned.
      const __m256i squares = _mm256_madd_epi16(x, x);
      norm = _mm256_add_epi64(norm, _mm256_srli_epi64(squares, 32));
      norm = _mm256_add_epi64(norm, _mm256_and_si256(squares, _mm256_set1_epi64x(0xffffffff)));
      if (kShift != 0) sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, _mm256_set1_epi16(1)));
    }
  }

  IntegerSums finish(const Query& query) const {
    const int64_t highs = total32(high[0]) + total32(high[1]);
    const int64_t dot = highs * 256 + total32(low[0]) + total32(low[1]);
    if (kShift == 0) return {{0, dot}, {0, kNorm ? total64(norm) : 0}};
    // Zeros after the end were read as -kShift: -kShift^2 is what each adds below.
    const int64_t length = static_cast<int64_t>((query.elements + kStep - 1) / kStep * kStep);
    const int64_t norms = total64(norm) + int64_t{2} * kShift * total32(sum) +
                          length * kShift * kShift;
    return {{0, dot + kShift * query.element_sum}, {0, kNorm ? norms : 0}};
  }
};

// Elements are read as x = element - kShift, which fits int32 in both signednesses.
template <int64_t kShift, bool kNorm>
struct Words {
  static constexpr size_t kBytes = 4;
  __m256i high = _mm256_setzero_si256();
  __m256i low = high;
  __m256i norm_high = high;
  __m256i norm_low = high;
  __m256i sum = high;

  void add(const Query& query, size_t i, const uint8_t* bytes) {
    for (size_t j = 0; j < kStep; j += 4) {
      const __m128i flip = _mm_set1_epi32(static_cast<int32_t>(kShift));
      const __m256i x = _mm256_cvtepi32_epi64(_mm_xor_si128(load_half(bytes + 4 * j), flip));
      high = _mm256_add_epi64(high, _mm256_mul_epi32(x, load(query.words.high + i + j)));
      low = _mm256_add_epi64(low, _mm256_mul_epi32(x, load(query.words.low + i + j)));
      if (!kNorm) continue;
      const __m256i square = _mm256_mul_epi32(x, x);
      norm_high = _mm256_add_epi64(norm_high, _mm256_srli_epi64(square, 32));
      norm_low = _mm256_add_epi64(norm_low,
                                  _mm256_and_si256(square, _mm256_set1_epi64x(0xffffffff)));
      if (kShift != 0) sum = _mm256_add_epi64(sum, x);
    }
  }

  IntegerSums finish(const Query& query) const {
    int64_t highs = total64(high);
    Wide norm = {total64(norm_high), total64(norm_low)};
    if (kShift != 0) {
      // (x + 2^31)^2 = x^2 + 2^32 x + 2^62; zeros after the end were read as -2^31.
      const int64_t length = static_cast<int64_t>((query.elements + kStep - 1) / kStep * kStep);
      highs += query.element_sum * (kShift >> 16);
      norm.high += total64(sum) + (length << 30);
    }
    return {{highs >> 16, ((highs & 0xffff) << 16) + total64(low)}, norm};
  }
};

// Asks for the lines of a row, due later, that begin in a step. A prefetch never faults. Always
// inline: GCC takes a function that only prefetches for one without effect, and drops its calls.
template <size_t kBytes>
__attribute__((always_inline)) inline void ask(const uint8_t* row, size_t start) {
  if (kBytes < kLineBytes && start % kLineBytes >= kBytes) return;
  for (size_t at = 0; at < kBytes; at += kLineBytes) __builtin_prefetch(row + start + at);
}

template <class Sums>
void scan(const Query& query, const Batch& batch, IntegerSums* out) {
  constexpr size_t kBytes = Sums::kBytes;
  const size_t elements = query.elements;
  // SAFETY: row < count; i + kStep <= elements for the row, and the query is padded to whole steps.
  for (size_t row = 0; row < batch.count; row++) {
    Sums sums;
    size_t i = 0;
    for (; i + kStep <= elements; i += kStep) {
      ask<kStep * kBytes>(batch.ahead[row], i * kBytes);
      sums.add(query, i, batch.rows[row] + i * kBytes);
    }
    if (i < elements) {
      ask<kStep * kBytes>(batch.ahead[row], i * kBytes);
      const Rest rest(batch.rows[row], i * kBytes, elements * kBytes);
      sums.add(query, i, rest.bytes);
    }
    out[row] = sums.finish(query);
  }
}

uint64_t word_at(const uint8_t* bytes) {
  uint64_t word;
  // SAFETY: the caller has at least 8 bytes left.
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

void scan_bits(const Query& query, const Batch& batch, uint32_t* out) {
  const size_t length = query.elements;
  // SAFETY: row < batch.count; at + 8 <= length, and the last word takes what is left.
  for (size_t row = 0; row < batch.count; row++) {
    for (size_t line = 0; line < length; line += kLineBytes) {
      ask<kLineBytes>(batch.ahead[row], line);
    }
    uint64_t sum = 0;
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
      sum += static_cast<uint64_t>(
          __builtin_popcountll(word_at(batch.rows[row] + at) ^ word_at(query.bits + at)));
    }
    if (at < length) {
      const Rest rest(batch.rows[row], at, length);
      sum += static_cast<uint64_t>(
          __builtin_popcountll(word_at(rest.bytes) ^ word_at(query.bits + at)));
    }
    out[row] = static_cast<uint32_t>(sum);
  }
}

constexpr int32_t kShort = 0x8000;
constexpr int64_t kWord = 0x80000000;

}  // namespace

const IntegerScans kIntegerScansAvx2 = {
    {scan<Words<0, false>>, scan<Words<kWord, false>>, scan<Shorts<0, false>>,
     scan<Shorts<kShort, false>>, scan<Narrow<true, false>>, scan<Narrow<false, false>>},
    {scan<Words<0, true>>, scan<Words<kWord, true>>, scan<Shorts<0, true>>,
     scan<Shorts<kShort, true>>, scan<Narrow<true, true>>, scan<Narrow<false, true>>},
    scan_bits};

}  // namespace sluice

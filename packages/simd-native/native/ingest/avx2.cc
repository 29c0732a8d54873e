// The exponent check with AVX2: 128 bytes a step, an AND, an ADD and an OR for every 32. Bound by
// loads: two of 32 bytes per cycle from the first-level cache.
#include <immintrin.h>

#include <cstring>

#include "../kernels.h"

namespace sluice {
namespace {

__m256i sums_at(const uint8_t* bytes, __m256i mask, __m256i unit) {
  // SAFETY: the caller has at least 32 bytes left; loadu needs no alignment.
  const __m256i words = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
  return _mm256_add_epi64(_mm256_and_si256(words, mask), unit);
}

}  // namespace

uint64_t exponent_sums_avx2(const uint8_t* bytes, size_t length, uint64_t mask, uint64_t unit) {
  const __m256i masks = _mm256_set1_epi64x(static_cast<long long>(mask));
  const __m256i units = _mm256_set1_epi64x(static_cast<long long>(unit));
  __m256i a = _mm256_setzero_si256();
  __m256i b = _mm256_setzero_si256();
  size_t at = 0;
  for (; at + 128 <= length; at += 128) {
    // SAFETY: at + 128 <= length.
    a = _mm256_or_si256(a, sums_at(bytes + at, masks, units));
    b = _mm256_or_si256(b, sums_at(bytes + at + 32, masks, units));
    a = _mm256_or_si256(a, sums_at(bytes + at + 64, masks, units));
    b = _mm256_or_si256(b, sums_at(bytes + at + 96, masks, units));
  }
  uint64_t lanes[4];
  // SAFETY: lanes has room for 32 bytes.
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes), _mm256_or_si256(a, b));
  uint64_t sums = lanes[0] | lanes[1] | lanes[2] | lanes[3];
  while (at < length) {
    const size_t rest = length - at < 8 ? length - at : 8;
    uint64_t word = 0;
    // SAFETY: rest is 1 to 8, and at + rest <= length.
    std::memcpy(&word, bytes + at, rest);
    sums |= (word & mask) + unit;
    at += rest;
  }
  return sums;
}

}  // namespace sluice

// A sum in 64 lanes with AVX2, for files that are compiled with it and for no others.
#ifndef SLUICE_ENCODE_AVX2_LANES_H
#define SLUICE_ENCODE_AVX2_LANES_H

#include <immintrin.h>

#include "steps.h"

namespace sluice {
namespace {

constexpr size_t kWidth = 8;
constexpr size_t kRegisters = kLanes / kWidth;

using Vector = __m256;

// All lanes of one sum.
struct Sum {
  Vector lanes[kRegisters];
};

float total(const Sum& sum) {
  const Vector* const v = sum.lanes;
  // h = 32, 16, 8.
  const Vector even = _mm256_add_ps(_mm256_add_ps(v[0], v[4]), _mm256_add_ps(v[2], v[6]));
  const Vector odd = _mm256_add_ps(_mm256_add_ps(v[1], v[5]), _mm256_add_ps(v[3], v[7]));
  const Vector eight = _mm256_add_ps(even, odd);
  // h = 4, 2, 1.
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

}  // namespace
}  // namespace sluice

#endif

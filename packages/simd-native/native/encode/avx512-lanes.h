// A sum in 64 lanes with AVX-512, for files that are compiled with it and for no others.
#ifndef SLUICE_ENCODE_AVX512_LANES_H
#define SLUICE_ENCODE_AVX512_LANES_H

#include <immintrin.h>

#include "steps.h"

namespace sluice {
namespace {

constexpr size_t kWidth = 16;
constexpr size_t kRegisters = kLanes / kWidth;

using Vector = __m512;
// Bit i: whether lane i is there. Nothing is read of lanes that are not.
using Mask = __mmask16;
constexpr Mask kAll = 0xffff;

// All lanes of one sum.
struct Sum {
  Vector lanes[kRegisters];
};

float total(const Sum& sum) {
  const Vector* const v = sum.lanes;
  // h = 32, 16.
  const Vector sixteen = _mm512_add_ps(_mm512_add_ps(v[0], v[2]), _mm512_add_ps(v[1], v[3]));
  const __m256 eight =
      _mm256_add_ps(_mm512_castps512_ps256(sixteen), _mm512_extractf32x8_ps(sixteen, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

// The lanes of register `k` of a set of which `left` are there.
inline Mask lanes_of(size_t k, size_t left) {
  if (left >= (k + 1) * kWidth) return kAll;
  return left <= k * kWidth ? Mask{0} : static_cast<Mask>((1u << (left - k * kWidth)) - 1);
}

// Which lanes of a set are there.
struct Masks {
  Mask of[kRegisters];
};

constexpr Masks kWhole = {{kAll, kAll, kAll, kAll}};

inline Masks masks_of(size_t left) {
  return {{lanes_of(0, left), lanes_of(1, left), lanes_of(2, left), lanes_of(3, left)}};
}

// Calls step(at, masks) for every set, the last one with what is left.
template <class Step>
void for_each_set(size_t elements, const Step& step) {
  size_t at = 0;
  for (; at + kLanes <= elements; at += kLanes) step(at, kWhole);
  if (at < elements) step(at, masks_of(elements - at));
}

}  // namespace
}  // namespace sluice

#endif

// Sums over the elements of arrays in 64 lanes, with AVX2. Additions only: an FMA would round once
// where the other instruction sets round twice.
#include "avx2-lanes.h"

namespace sluice {
namespace {

struct LoadWhole {
  Vector operator()(const float* from) const { return _mm256_loadu_ps(from); }
};

// Zeros where the mask is not set, whatever is there.
struct LoadSome {
  __m256i mask;
  Vector operator()(const float* from) const { return _mm256_maskload_ps(from, mask); }
};

// Lanes of a register that are below `count`.
__m256i lanes_below(size_t count) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lane);
}

// The sum of term(load, at) over elements that lie anywhere; of zeros it must be zero. Loops over
// lanes go over all of them, always: only then do lanes stay in registers.
template <class Term>
float sum_terms(size_t elements, const Term& term) {
  const Vector zero = _mm256_setzero_ps();
  Sum sum = {{zero, zero, zero, zero, zero, zero, zero, zero}};
  size_t i = 0;
  for (; i + kLanes <= elements; i += kLanes) {
    for (size_t k = 0; k < kRegisters; k++) {
      sum.lanes[k] = _mm256_add_ps(sum.lanes[k], term(LoadWhole{}, i + k * kWidth));
    }
  }
  if (i == elements) return total(sum);
  // SAFETY: a masked load touches only the lanes below the number of elements left.
  for (size_t k = 0; k < kRegisters; k++) {
    const size_t at = i + k * kWidth;
    const __m256i mask = lanes_below(at < elements ? elements - at : 0);
    sum.lanes[k] = _mm256_add_ps(sum.lanes[k], term(LoadSome{mask}, at));
  }
  return total(sum);
}

}  // namespace

float inner_product_avx2(const float* a, const float* b, size_t elements) {
  return sum_terms(elements, [=](const auto& load, size_t at) {
    return _mm256_mul_ps(load(a + at), load(b + at));
  });
}

float squared_distance_avx2(const float* a, const float* b, size_t elements) {
  return sum_terms(elements, [=](const auto& load, size_t at) {
    const Vector difference = _mm256_sub_ps(load(a + at), load(b + at));
    return _mm256_mul_ps(difference, difference);
  });
}

float residual_product_avx2(const float* r, const float* a, const float* b, size_t elements) {
  return sum_terms(elements, [=](const auto& load, size_t at) {
    return _mm256_mul_ps(load(r + at), _mm256_sub_ps(load(a + at), load(b + at)));
  });
}

}  // namespace sluice

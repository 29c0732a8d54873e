// Sums over the elements of arrays in 64 lanes, with AVX-512. Additions only: an FMA would round
// once where the other instruction sets round twice.
#include "avx512-lanes.h"

namespace sluice {
namespace {

// Zeros where the mask is not set.
struct Load {
  Mask mask;
  // SAFETY: a masked load touches only the lanes that are there.
  Vector operator()(const float* from) const { return _mm512_maskz_loadu_ps(mask, from); }
};

// The sum of term(load, at) over elements that lie anywhere; of zeros it must be zero.
template <class Term>
float sum_terms(size_t elements, const Term& term) {
  Sum sum = {};
  for_each_set(elements, [&](size_t at, const Masks& masks) {
    for (size_t k = 0; k < kRegisters; k++) {
      sum.lanes[k] = _mm512_add_ps(sum.lanes[k], term(Load{masks.of[k]}, at + k * kWidth));
    }
  });
  return total(sum);
}

}  // namespace

float inner_product_avx512(const float* a, const float* b, size_t elements) {
  return sum_terms(elements, [=](const Load& load, size_t at) {
    return _mm512_mul_ps(load(a + at), load(b + at));
  });
}

float squared_distance_avx512(const float* a, const float* b, size_t elements) {
  return sum_terms(elements, [=](const Load& load, size_t at) {
    const Vector difference = _mm512_sub_ps(load(a + at), load(b + at));
    return _mm512_mul_ps(difference, difference);
  });
}

float residual_product_avx512(const float* r, const float* a, const float* b, size_t elements) {
  return sum_terms(elements, [=](const Load& load, size_t at) {
    return _mm512_mul_ps(load(r + at), _mm512_sub_ps(load(a + at), load(b + at)));
  });
}

}  // namespace sluice

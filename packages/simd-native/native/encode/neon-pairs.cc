// Sums over the elements of arrays in 64 lanes, with NEON. Additions only: an FMA would round once
// where the other instruction sets round twice.
#include <cstring>

#include "neon-lanes.h"

namespace sluice {
namespace {

struct LoadWhole {
  Vector operator()(const float* from) const { return load(from); }
};

// What there is of eight elements, of which `count` are left, and zeros after it.
struct LoadSome {
  size_t count;
  Vector operator()(const float* from) const {
    float some[kWidth] = {};
    // SAFETY: count elements are left.
    std::memcpy(some, from, (count < kWidth ? count : kWidth) * sizeof(float));
    return load(some);
  }
};

// The sum of term(load, at) over elements that lie anywhere; of zeros it must be zero.
template <class Term>
float sum_terms(size_t elements, const Term& term) {
  Sum sum = {};
  size_t i = 0;
  for (; i + kLanes <= elements; i += kLanes) {
    for (size_t k = 0; k < kPairs; k++) {
      sum.lanes[k] = add(sum.lanes[k], term(LoadWhole{}, i + k * kWidth));
    }
  }
  for (size_t k = 0; i + k * kWidth < elements; k++) {
    const size_t at = i + k * kWidth;
    sum.lanes[k] = add(sum.lanes[k], term(LoadSome{elements - at}, at));
  }
  return total(sum);
}

}  // namespace

float inner_product_neon(const float* a, const float* b, size_t elements) {
  return sum_terms(elements, [=](const auto& load_at, size_t at) {
    return times(load_at(a + at), load_at(b + at));
  });
}

float squared_distance_neon(const float* a, const float* b, size_t elements) {
  return sum_terms(elements, [=](const auto& load_at, size_t at) {
    const Vector difference = less(load_at(a + at), load_at(b + at));
    return times(difference, difference);
  });
}

float residual_product_neon(const float* r, const float* a, const float* b, size_t elements) {
  return sum_terms(elements, [=](const auto& load_at, size_t at) {
    return times(load_at(r + at), less(load_at(a + at), load_at(b + at)));
  });
}

}  // namespace sluice

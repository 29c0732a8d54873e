// A sum in 64 lanes with NEON, for files that are compiled with it and for no others.
#ifndef SLUICE_ENCODE_NEON_LANES_H
#define SLUICE_ENCODE_NEON_LANES_H

#include <arm_neon.h>

#include "steps.h"

namespace sluice {
namespace {

// Numbers loaded together: two registers.
constexpr size_t kWidth = 8;
constexpr size_t kPairs = kLanes / kWidth;

struct Vector {
  float32x4_t low;
  float32x4_t high;
};

inline Vector add(Vector a, Vector b) {
  return {vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)};
}

inline Vector less(Vector a, Vector b) {
  return {vsubq_f32(a.low, b.low), vsubq_f32(a.high, b.high)};
}

inline Vector times(Vector a, Vector b) {
  return {vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high)};
}

// SAFETY, of all loads and stores: the caller has eight elements left; they need no alignment.
inline Vector load(const float* from) { return {vld1q_f32(from), vld1q_f32(from + 4)}; }

inline void store(float* to, Vector x) {
  vst1q_f32(to, x.low);
  vst1q_f32(to + 4, x.high);
}

// All lanes of one sum.
struct Sum {
  Vector lanes[kPairs];
};

float total(const Sum& sum) {
  const Vector* const v = sum.lanes;
  // h = 32, 16, 8.
  const Vector even = add(add(v[0], v[4]), add(v[2], v[6]));
  const Vector odd = add(add(v[1], v[5]), add(v[3], v[7]));
  const Vector eight = add(even, odd);
  // h = 4, 2, 1.
  const float32x4_t four = vaddq_f32(eight.low, eight.high);
  return vaddv_f32(vadd_f32(vget_low_f32(four), vget_high_f32(four)));
}

}  // namespace
}  // namespace sluice

#endif

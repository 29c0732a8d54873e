// The rotation with NEON: 64 numbers at a time through the first six butterflies in registers, the
// others over memory, two at a time. At 384 dimensions a round goes over memory twice.
// A butterfly within a register is one swap and one FMA by 1 or -1, which rounds as the addition or
// subtraction does.
#include <arm_neon.h>

#include "steps.h"

namespace sluice {
namespace {

constexpr size_t kWidth = 4;
constexpr size_t kRegisters = kLanes / kWidth;

using Vector = float32x4_t;

// 1 and -1 in turn, and two by two.
struct Turns {
  Vector one;
  Vector two;
};

// Butterflies at distance 1 and 2.
Vector butterflies(Vector x, const Turns& turns) {
  x = vfmaq_f32(vrev64q_f32(x), x, turns.one);
  return vfmaq_f32(vextq_f32(x, x, 2), x, turns.two);
}

void butterfly(Vector* p, Vector* q) {
  const Vector sum = vaddq_f32(*p, *q);
  *q = vsubq_f32(*p, *q);
  *p = sum;
}

// Signs, and butterflies up to distance 32.
void rotate_64(float* y, const float* signs, const Turns& turns) {
  Vector v[kRegisters];
  // SAFETY: 64 floats.
  for (size_t k = 0; k < kRegisters; k++) {
    const Vector sign = vld1q_f32(signs + k * kWidth);
    v[k] = butterflies(vmulq_f32(vld1q_f32(y + k * kWidth), sign), turns);
  }
  for (size_t k = 0; k < kRegisters; k += 2) butterfly(&v[k], &v[k + 1]);
  for (size_t k = 0; k < kRegisters; k += 4) {
    butterfly(&v[k], &v[k + 2]);
    butterfly(&v[k + 1], &v[k + 3]);
  }
  for (size_t k = 0; k < kRegisters; k += 8) {
    for (size_t j = 0; j < 4; j++) butterfly(&v[k + j], &v[k + j + 4]);
  }
  for (size_t k = 0; k < kRegisters / 2; k++) butterfly(&v[k], &v[k + 8]);
  for (size_t k = 0; k < kRegisters; k++) vst1q_f32(y + k * kWidth, v[k]);
}

// Butterflies at `distance` between two runs of that length.
void pass_2(float* y, size_t distance) {
  // SAFETY: 2 distance floats.
  for (size_t i = 0; i < distance; i += kWidth) {
    Vector p = vld1q_f32(y + i);
    Vector q = vld1q_f32(y + distance + i);
    butterfly(&p, &q);
    vst1q_f32(y + i, p);
    vst1q_f32(y + distance + i, q);
  }
}

// At `distance`, then at twice that, among four runs of that length.
void pass_4(float* y, size_t distance) {
  // SAFETY: 4 distance floats.
  for (size_t i = 0; i < distance; i += kWidth) {
    Vector v[4];
    for (size_t k = 0; k < 4; k++) v[k] = vld1q_f32(y + k * distance + i);
    butterfly(&v[0], &v[1]);
    butterfly(&v[2], &v[3]);
    butterfly(&v[0], &v[2]);
    butterfly(&v[1], &v[3]);
    for (size_t k = 0; k < 4; k++) vst1q_f32(y + k * distance + i, v[k]);
  }
}

// The Householder reflection across `runs` runs.
void reflect(float* y, size_t run, size_t runs) {
  const Vector scale = vdupq_n_f32(2.0f / static_cast<float>(runs));
  // SAFETY: runs * run floats.
  for (size_t i = 0; i < run; i += kWidth) {
    Vector t = vld1q_f32(y + i);
    for (size_t k = 1; k < runs; k++) t = vaddq_f32(t, vld1q_f32(y + k * run + i));
    t = vmulq_f32(t, scale);
    for (size_t k = 0; k < runs; k++) {
      float* const at = y + k * run + i;
      vst1q_f32(at, vsubq_f32(vld1q_f32(at), t));
    }
  }
}

// The last butterflies of three runs and the reflection across them, in one go.
void finish_3(float* y, size_t run) {
  const Vector scale = vdupq_n_f32(2.0f / 3.0f);
  const size_t half = run / 2;
  // SAFETY: 3 run floats.
  for (size_t i = 0; i < half; i += kWidth) {
    Vector p[3];
    Vector q[3];
    for (size_t k = 0; k < 3; k++) {
      p[k] = vld1q_f32(y + k * run + i);
      q[k] = vld1q_f32(y + k * run + half + i);
      butterfly(&p[k], &q[k]);
    }
    const Vector s = vmulq_f32(vaddq_f32(vaddq_f32(p[0], p[1]), p[2]), scale);
    const Vector t = vmulq_f32(vaddq_f32(vaddq_f32(q[0], q[1]), q[2]), scale);
    for (size_t k = 0; k < 3; k++) {
      vst1q_f32(y + k * run + i, vsubq_f32(p[k], s));
      vst1q_f32(y + k * run + half + i, vsubq_f32(q[k], t));
    }
  }
}

// Butterflies within a run from distance 64 up to `end`, which is not among them.
void transform(float* y, size_t run, size_t end) {
  size_t distance = kLanes;
  for (; 2 * distance < end; distance *= 4) {
    for (size_t i = 0; i < run; i += 4 * distance) pass_4(y + i, distance);
  }
  if (distance >= end) return;
  for (size_t i = 0; i < run; i += 2 * distance) pass_2(y + i, distance);
}

}  // namespace

void rotate_neon(const Space& space, float* y) {
  const float one[kWidth] = {1, -1, 1, -1};
  const float two[kWidth] = {1, 1, -1, -1};
  const Turns turns = {vld1q_f32(one), vld1q_f32(two)};
  const size_t dimension = space.code_dimension;
  const size_t run = space.run;
  const size_t runs = dimension / run;
  const bool is_fused = runs == 3 && run > kLanes;
  for (size_t round = 0; round < 2; round++) {
    const float* const signs = space.signs + round * dimension;
    for (size_t i = 0; i < dimension; i += kLanes) rotate_64(y + i, signs + i, turns);
    for (size_t i = 0; i < dimension; i += run) transform(y + i, run, is_fused ? run / 2 : run);
    if (is_fused) {
      finish_3(y, run);
    } else if (runs > 1) {
      reflect(y, run, runs);
    }
  }
}

}  // namespace sluice

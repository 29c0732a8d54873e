// The rotation with AVX-512: 64 numbers at a time through the first six butterflies in registers,
// the others over memory, two at a time. At 384 dimensions a round goes over memory twice; keeping
// all of it in 24 registers is a fifth slower on Zen 5. A butterfly within a register is one swap
// and one FMA by 1 or -1, which rounds as the addition or subtraction does, and is much faster than
// a masked subtraction.
#include <immintrin.h>

#include "steps.h"

namespace sluice {
namespace {

constexpr size_t kWidth = 16;
constexpr size_t kRegisters = kLanes / kWidth;

using Vector = __m512;

// Butterflies at distance 1, 2, 4 and 8.
Vector butterflies(Vector x) {
  const Vector one = _mm512_setr_ps(1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1);
  const Vector two = _mm512_setr_ps(1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1);
  const Vector four = _mm512_setr_ps(1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1);
  const Vector eight = _mm512_setr_ps(1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1);
  x = _mm512_fmadd_ps(x, one, _mm512_permute_ps(x, 0xb1));
  x = _mm512_fmadd_ps(x, two, _mm512_permute_ps(x, 0x4e));
  x = _mm512_fmadd_ps(x, four, _mm512_shuffle_f32x4(x, x, 0xb1));
  return _mm512_fmadd_ps(x, eight, _mm512_shuffle_f32x4(x, x, 0x4e));
}

void butterfly(Vector* p, Vector* q) {
  const Vector sum = _mm512_add_ps(*p, *q);
  *q = _mm512_sub_ps(*p, *q);
  *p = sum;
}

// Signs, and butterflies up to distance 32.
void rotate_64(float* y, const float* signs) {
  Vector v[kRegisters];
  // SAFETY: 64 floats; y is aligned, signs need not be.
  for (size_t k = 0; k < kRegisters; k++) {
    const Vector sign = _mm512_loadu_ps(signs + k * kWidth);
    v[k] = butterflies(_mm512_mul_ps(_mm512_load_ps(y + k * kWidth), sign));
  }
  butterfly(&v[0], &v[1]);
  butterfly(&v[2], &v[3]);
  butterfly(&v[0], &v[2]);
  butterfly(&v[1], &v[3]);
  for (size_t k = 0; k < kRegisters; k++) _mm512_store_ps(y + k * kWidth, v[k]);
}

// Butterflies at `distance` between two runs of that length.
void pass_2(float* y, size_t distance) {
  // SAFETY: 2 distance floats, aligned.
  for (size_t i = 0; i < distance; i += kWidth) {
    Vector p = _mm512_load_ps(y + i);
    Vector q = _mm512_load_ps(y + distance + i);
    butterfly(&p, &q);
    _mm512_store_ps(y + i, p);
    _mm512_store_ps(y + distance + i, q);
  }
}

// At `distance`, then at twice that, among four runs of that length.
void pass_4(float* y, size_t distance) {
  // SAFETY: 4 distance floats, aligned.
  for (size_t i = 0; i < distance; i += kWidth) {
    Vector v[4];
    for (size_t k = 0; k < 4; k++) v[k] = _mm512_load_ps(y + k * distance + i);
    butterfly(&v[0], &v[1]);
    butterfly(&v[2], &v[3]);
    butterfly(&v[0], &v[2]);
    butterfly(&v[1], &v[3]);
    for (size_t k = 0; k < 4; k++) _mm512_store_ps(y + k * distance + i, v[k]);
  }
}

// The Householder reflection across `runs` runs.
void reflect(float* y, size_t run, size_t runs) {
  const Vector scale = _mm512_set1_ps(2.0f / static_cast<float>(runs));
  // SAFETY: runs * run floats, aligned.
  for (size_t i = 0; i < run; i += kWidth) {
    Vector t = _mm512_load_ps(y + i);
    for (size_t k = 1; k < runs; k++) t = _mm512_add_ps(t, _mm512_load_ps(y + k * run + i));
    t = _mm512_mul_ps(t, scale);
    for (size_t k = 0; k < runs; k++) {
      float* const at = y + k * run + i;
      _mm512_store_ps(at, _mm512_sub_ps(_mm512_load_ps(at), t));
    }
  }
}

// The last butterflies of three runs and the reflection across them, in one go.
void finish_3(float* y, size_t run) {
  const Vector scale = _mm512_set1_ps(2.0f / 3.0f);
  const size_t half = run / 2;
  // SAFETY: 3 run floats, aligned.
  for (size_t i = 0; i < half; i += kWidth) {
    Vector p[3];
    Vector q[3];
    for (size_t k = 0; k < 3; k++) {
      p[k] = _mm512_load_ps(y + k * run + i);
      q[k] = _mm512_load_ps(y + k * run + half + i);
      butterfly(&p[k], &q[k]);
    }
    const Vector s = _mm512_mul_ps(_mm512_add_ps(_mm512_add_ps(p[0], p[1]), p[2]), scale);
    const Vector t = _mm512_mul_ps(_mm512_add_ps(_mm512_add_ps(q[0], q[1]), q[2]), scale);
    for (size_t k = 0; k < 3; k++) {
      _mm512_store_ps(y + k * run + i, _mm512_sub_ps(p[k], s));
      _mm512_store_ps(y + k * run + half + i, _mm512_sub_ps(q[k], t));
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

void rotate_avx512(const Space& space, float* y) {
  const size_t dimension = space.code_dimension;
  const size_t run = space.run;
  const size_t runs = dimension / run;
  const bool is_fused = runs == 3 && run > kLanes;
  for (size_t round = 0; round < 2; round++) {
    const float* const signs = space.signs + round * dimension;
    for (size_t i = 0; i < dimension; i += kLanes) rotate_64(y + i, signs + i);
    for (size_t i = 0; i < dimension; i += run) transform(y + i, run, is_fused ? run / 2 : run);
    if (is_fused) {
      finish_3(y, run);
    } else if (runs > 1) {
      reflect(y, run, runs);
    }
  }
}

}  // namespace sluice

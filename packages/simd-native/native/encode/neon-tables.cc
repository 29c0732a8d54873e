// Tables with NEON: four entries of a table in a register.
#include "neon-lanes.h"

namespace sluice {
namespace {

Vector magnitude(Vector x) { return {vabsq_f32(x.low), vabsq_f32(x.high)}; }

// Sums of four neighbours.
float32x4_t weights_of(Vector a, Vector b) {
  return vpaddq_f32(vpaddq_f32(a.low, a.high), vpaddq_f32(b.low, b.high));
}

// (±p) + (±q) for the four ways to choose, minus where bit 0 or 1 of a lane's number is not set.
float32x4_t pair_sums(float32x4_t p, float32x4_t q) {
  const uint32_t first[4] = {0x80000000u, 0, 0x80000000u, 0};
  const uint32_t second[4] = {0x80000000u, 0x80000000u, 0, 0};
  return vaddq_f32(
      vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(p), vld1q_u32(first))),
      vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(q), vld1q_u32(second))));
}

// Entries of a table's value before rounding are (value + weight) * factor.
struct Scale {
  float32x4_t weight;
  float32x4_t factor;
};

// Four entries as 16-bit integers in even places.
uint16x8_t entries(float32x4_t value, const Scale& scale) {
  const float32x4_t scaled = vmulq_f32(vaddq_f32(value, scale.weight), scale.factor);
  return vreinterpretq_u16_u32(vcvtnq_u32_f32(scaled));
}

uint8x16_t table_of(float32x4_t q, float32x4_t factor) {
  const float32x4_t magnitudes = vabsq_f32(q);
  const float32x4_t pairs = vpaddq_f32(magnitudes, magnitudes);
  const Scale scale = {vpaddq_f32(pairs, pairs), factor};
  const float32x4_t low = pair_sums(vdupq_laneq_f32(q, 0), vdupq_laneq_f32(q, 1));
  // The other two sums of q2 and q3 are the negatives of these.
  const float32x4_t both = vaddq_f32(vdupq_laneq_f32(q, 2), vdupq_laneq_f32(q, 3));
  const float32x4_t one = vsubq_f32(vdupq_laneq_f32(q, 2), vdupq_laneq_f32(q, 3));
  const uint16x8_t first =
      vuzp1q_u16(entries(vsubq_f32(low, both), scale), entries(vaddq_f32(low, one), scale));
  const uint16x8_t last =
      vuzp1q_u16(entries(vsubq_f32(low, one), scale), entries(vaddq_f32(low, both), scale));
  return vuzp1q_u8(vreinterpretq_u8_u16(first), vreinterpretq_u8_u16(last));
}

}  // namespace

Weights weigh_neon(float* y, size_t code_dimension, float shrink) {
  const Vector scale = {vdupq_n_f32(shrink), vdupq_n_f32(shrink)};
  Sum sum = {};
  float32x4_t largest = vdupq_n_f32(0);
  // SAFETY: y has whole sets of lanes.
  for (size_t i = 0; i < code_dimension; i += kLanes) {
    for (size_t k = 0; k < kPairs; k += 2) {
      Vector v[2];
      for (size_t j = 0; j < 2; j++) {
        float* const at = y + i + (k + j) * kWidth;
        const Vector q = times(load(at), scale);
        store(at, q);
        v[j] = magnitude(q);
        sum.lanes[k + j] = add(sum.lanes[k + j], v[j]);
      }
      largest = vmaxq_f32(largest, weights_of(v[0], v[1]));
    }
  }
  return {vmaxvq_f32(largest), total(sum)};
}

void tables_neon(const float* q, size_t code_dimension, float factor, uint8_t* tables) {
  const float32x4_t factors = vdupq_n_f32(factor);
  // SAFETY: q has code_dimension floats, a multiple of 64, and a table 16 bytes for four of them.
  for (size_t i = 0; i < code_dimension; i += 4) {
    vst1q_u8(tables + 4 * i, table_of(vld1q_f32(q + i), factors));
  }
}

}  // namespace sluice

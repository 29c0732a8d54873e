// Packing, tables and the table of steps for NEON.
#include <arm_neon.h>

#include "steps.h"

namespace sluice {
namespace {

// 16 codes' eight bytes from `column` on, to eight half rows of a block. Interleaving the first
// half of the bytes with the second one moves the highest bit of a byte's place to the end; four
// times, and the place of a row has become the place of a byte.
void pack_tile(const uint8_t* codes, size_t code_bytes, uint8_t* block) {
  uint8x16_t rows[16];
  // SAFETY: 16 codes of code_bytes, of which eight are left; stores go to eight rows of 32 bytes.
  for (size_t i = 0; i < 16; i++) {
    rows[i] = vcombine_u8(vld1_u8(codes + i * code_bytes), vdup_n_u8(0));
  }
  uint8x16_t a[8];
  uint8x16_t b[8];
  for (size_t i = 0; i < 8; i++) a[i] = vzip1q_u8(rows[i], rows[i + 8]);
  for (size_t i = 0; i < 4; i++) {
    b[2 * i] = vzip1q_u8(a[i], a[i + 4]);
    b[2 * i + 1] = vzip2q_u8(a[i], a[i + 4]);
  }
  for (size_t i = 0; i < 4; i++) {
    a[2 * i] = vzip1q_u8(b[i], b[i + 4]);
    a[2 * i + 1] = vzip2q_u8(b[i], b[i + 4]);
  }
  for (size_t i = 0; i < 4; i++) {
    b[2 * i] = vzip1q_u8(a[i], a[i + 4]);
    b[2 * i + 1] = vzip2q_u8(a[i], a[i + 4]);
  }
  for (size_t i = 0; i < 8; i++) vst1q_u8(block + i * kBlockRows, b[i]);
}

void pack(const uint8_t* codes, size_t code_bytes, uint8_t* block) {
  // SAFETY: column + 8 <= code_bytes, which is a multiple of 8.
  for (size_t column = 0; column < code_bytes; column += 8) {
    uint8_t* const out = block + column * kBlockRows;
    pack_tile(codes + column, code_bytes, out);
    pack_tile(codes + column + 16 * code_bytes, code_bytes, out + 16);
  }
}

// (±p) + (±q) for the four ways to choose, minus where bit 0 or 1 of a lane's number is not set.
float32x4_t pair_sums(float p, float q) {
  const uint32_t first[4] = {0x80000000u, 0, 0x80000000u, 0};
  const uint32_t second[4] = {0x80000000u, 0x80000000u, 0, 0};
  const uint32x4_t p_bits = vreinterpretq_u32_f32(vdupq_n_f32(p));
  const uint32x4_t q_bits = vreinterpretq_u32_f32(vdupq_n_f32(q));
  return vaddq_f32(vreinterpretq_f32_u32(veorq_u32(p_bits, vld1q_u32(first))),
                   vreinterpretq_f32_u32(veorq_u32(q_bits, vld1q_u32(second))));
}

// What makes entries of values.
struct Scale {
  float32x4_t weight;
  float32x4_t factor;
  float32x4_t levels;
};

// Four entries as 16-bit integers in even places.
uint16x8_t entries(float32x4_t value, const Scale& scale) {
  const float32x4_t scaled = vmulq_f32(vaddq_f32(value, scale.weight), scale.factor);
  const float32x4_t bounded = vminq_f32(vmaxq_f32(scaled, vdupq_n_f32(0)), scale.levels);
  return vreinterpretq_u16_u32(vcvtnq_u32_f32(bounded));
}

void tables(const float* q, size_t code_dimension, float levels, float factor, uint8_t* tables) {
  Scale scale = {vdupq_n_f32(0), vdupq_n_f32(factor), vdupq_n_f32(levels)};
  // SAFETY: q has code_dimension floats, a multiple of 64, and a table 16 bytes for four of them.
  for (size_t i = 0; i < code_dimension; i += 4) {
    const float32x4_t magnitudes = vabsq_f32(vld1q_f32(q + i));
    const float32x4_t pairs = vpaddq_f32(magnitudes, magnitudes);
    scale.weight = vpaddq_f32(pairs, pairs);
    const float32x4_t low = pair_sums(q[i], q[i + 1]);
    const float32x4_t high = pair_sums(q[i + 2], q[i + 3]);
    const uint16x8_t a = entries(vaddq_f32(low, vdupq_laneq_f32(high, 0)), scale);
    const uint16x8_t b = entries(vaddq_f32(low, vdupq_laneq_f32(high, 1)), scale);
    const uint16x8_t c = entries(vaddq_f32(low, vdupq_laneq_f32(high, 2)), scale);
    const uint16x8_t d = entries(vaddq_f32(low, vdupq_laneq_f32(high, 3)), scale);
    const uint8x16_t first = vreinterpretq_u8_u16(vuzp1q_u16(a, b));
    const uint8x16_t last = vreinterpretq_u8_u16(vuzp1q_u16(c, d));
    vst1q_u8(tables + 4 * i, vuzp1q_u8(first, last));
  }
}

}  // namespace

const EncodeSteps kEncodeStepsNeon = {
    centre_neon, rotate_neon,        code_neon,            pack,
    tables,      inner_product_neon, squared_distance_neon};

}  // namespace sluice

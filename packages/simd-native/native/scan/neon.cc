// Code scans with NEON: a byte of 32 codes is two registers, and both of its halves are looked up
// by one table instruction each. Look-ups are added as bytes, four at a time, because four fit a
// byte, and then to 16-bit sums. A pass over two blocks loads tables once; the sums of more, beside
// what is looked up, do not stay in 32 registers.
#include <arm_neon.h>

#include "../encode/encode.h"
#include "code-scan.h"

namespace sluice {
namespace {

constexpr size_t kFloats = 4;
constexpr size_t kTogether = 2;

// F, A and E; row numbers are read where a row survives.
constexpr size_t kColumnLines = 6;

// SAFETY, of all loads: a load of bytes needs no alignment; a block has D/8 rows of 32 bytes, then
// F, A and E, 32 floats each, and 128 bytes more; D/8 is a multiple of 8; tables have D/4 times 16
// bytes.
float32x4_t load_floats(const uint8_t* bytes) { return vreinterpretq_f32_u8(vld1q_u8(bytes)); }

// The tables of one byte.
struct Tables {
  uint8x16_t low;
  uint8x16_t high;
};

Tables load_tables(const uint8_t* bytes) { return {vld1q_u8(bytes), vld1q_u8(bytes + 16)}; }

// What one byte of 16 codes adds to their sums.
uint8x16_t look_up(const Tables& tables, const uint8_t* codes) {
  const uint8x16_t bytes = vld1q_u8(codes);
  return vaddq_u8(vqtbl1q_u8(tables.low, vandq_u8(bytes, vdupq_n_u8(15))),
                  vqtbl1q_u8(tables.high, vshrq_n_u8(bytes, 4)));
}

// The code sums of one block, in the order of its lanes.
struct BlockSums {
  uint16x8_t of[4];
};

// The sums of kBlocks blocks; fetches those of `next`.
template <size_t kBlocks>
void group_sums(const uint8_t* tables, size_t code_dimension, const uint8_t* const* blocks,
                const uint8_t* const* next, BlockSums* out) {
  BlockSums sums[kBlocks];
  for (size_t i = 0; i < kBlocks; i++) {
    for (size_t j = 0; j < 4; j++) sums[i].of[j] = vdupq_n_u16(0);
  }
  for (size_t p = 0; p < code_dimension / 8; p += 2) {
    const Tables first = load_tables(tables + p * 32);
    const Tables second = load_tables(tables + p * 32 + 32);
    for (size_t i = 0; i < kBlocks; i++) {
      const uint8_t* codes = blocks[i] + p * kBlockRows;
      __builtin_prefetch(next[i] + p * kBlockRows);
      for (size_t half = 0; half < 2; half++) {
        const uint8x16_t sum = vaddq_u8(look_up(first, codes + 16 * half),
                                        look_up(second, codes + kBlockRows + 16 * half));
        uint16x8_t* const of = sums[i].of + 2 * half;
        of[0] = vaddw_u8(of[0], vget_low_u8(sum));
        of[1] = vaddw_high_u8(of[1], sum);
      }
    }
  }
  for (size_t i = 0; i < kBlocks; i++) {
    out[i] = sums[i];
    const uint8_t* columns = next[i] + code_dimension * 4;
    for (size_t line = 0; line < kColumnLines; line++) __builtin_prefetch(columns + line * 64);
  }
}

// F S + A of lanes `from` to `from + 3`, whose sums are given.
float32x4_t estimate(uint32x4_t sums, const uint8_t* columns, size_t from, const SumScale& scale) {
  const float32x4_t scaled = vmulq_f32(vcvtq_f32_u32(sums), vdupq_n_f32(scale.step));
  const float32x4_t s = vaddq_f32(scaled, vdupq_n_f32(scale.bias));
  const float32x4_t product = vmulq_f32(load_floats(columns + 4 * from), s);
  return vaddq_f32(product, load_floats(columns + 4 * (kBlockRows + from)));
}

// F S + A of all lanes; `columns` are F, A and E.
void block_estimates(const BlockSums& sums, const uint8_t* columns, const SumScale& scale,
                     float32x4_t* out) {
  for (size_t j = 0; j < 4; j++) {
    const uint16x8_t eight = sums.of[j];
    out[2 * j] = estimate(vmovl_u16(vget_low_u16(eight)), columns, 8 * j, scale);
    out[2 * j + 1] = estimate(vmovl_high_u16(eight), columns, 8 * j + 4, scale);
  }
}

// Writes the lower bounds of the block at a place of its group; gives a bit for each lane that
// survives.
uint32_t block_bounds(const BlockSums& sums, const uint8_t* columns, const Bound& bound,
                      size_t place, float* lower_bounds) {
  const float32x4_t weight = vdupq_n_f32(bound.blocks[place].weight);
  const float32x4_t threshold = vdupq_n_f32(bound.blocks[place].threshold);
  const uint32_t first_bits[4] = {1, 2, 4, 8};
  uint32x4_t bits = vld1q_u32(first_bits);
  uint32x4_t survivors = vdupq_n_u32(0);
  float32x4_t estimates[8];
  block_estimates(sums, columns, bound.sums, estimates);
  for (size_t j = 0; j < 8; j++) {
    const float32x4_t error = load_floats(columns + 8 * kBlockRows + 4 * kFloats * j);
    const float32x4_t lower = vsubq_f32(estimates[j], vmulq_f32(weight, error));
    vst1q_f32(lower_bounds + kFloats * j, lower);
    survivors = vorrq_u32(survivors, vbicq_u32(bits, vcgtq_f32(lower, threshold)));
    bits = vshlq_n_u32(bits, 4);
  }
  return vaddvq_u32(survivors);
}

// Gives the sums of blocks to `use(i, sums)`; block i is at `place(i)`.
template <class Place, class Use>
void for_each_block(const uint8_t* tables, size_t code_dimension, size_t count, Place place,
                    Use use) {
  // The blocks of a pass, and those a group further on: the last block again after the end.
  const uint8_t* at[kTogether];
  const uint8_t* next[kTogether];
  BlockSums sums[kTogether];
  for (size_t i = 0; i < count;) {
    for (size_t j = 0; j < kTogether; j++) {
      const size_t further = i + kScanGroup + j;
      at[j] = place(i + j < count ? i + j : count - 1);
      next[j] = place(further < count ? further : count - 1);
    }
    if (i + kTogether <= count) {
      group_sums<kTogether>(tables, code_dimension, at, next, sums);
      for (size_t j = 0; j < kTogether; j++) use(i + j, sums[j]);
      i += kTogether;
    } else {
      group_sums<1>(tables, code_dimension, at, next, sums);
      use(i++, sums[0]);
    }
  }
}

// SAFETY, of the functions below: all that is written has room for 32 lanes of every block used.
void sums(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks, size_t count,
          uint16_t* out) {
  const size_t bytes = block_bytes(code_dimension);
  const auto place = [&](size_t i) { return blocks + i * bytes; };
  for_each_block(tables, code_dimension, count, place, [&](size_t i, const BlockSums& block) {
    for (size_t j = 0; j < 4; j++) vst1q_u16(out + i * kBlockRows + 8 * j, block.of[j]);
  });
}

void bounds(const uint8_t* tables, size_t code_dimension, const BlockGroup& group,
            const Bound& bound, float* lower_bounds, uint32_t* survivors) {
  BlockSums sums[kScanGroup];
  for (size_t i = 0; i < kScanGroup; i += kTogether) {
    group_sums<kTogether>(tables, code_dimension, group.blocks + i, group.next + i, sums + i);
  }
  for (size_t i = 0; i < kScanGroup; i++) {
    survivors[i] = block_bounds(sums[i], group.blocks[i] + code_dimension * 4, bound, i,
                                lower_bounds + i * kBlockRows);
  }
}

template <class Place>
void estimates_at(const uint8_t* tables, size_t code_dimension, size_t count, Place place,
                  const SumScale& scale, float* out) {
  for_each_block(tables, code_dimension, count, place, [&](size_t i, const BlockSums& block) {
    float32x4_t lanes[8];
    block_estimates(block, place(i) + code_dimension * 4, scale, lanes);
    for (size_t j = 0; j < 8; j++) vst1q_f32(out + i * kBlockRows + kFloats * j, lanes[j]);
  });
}

void estimates(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks, size_t count,
               const SumScale& scale, float* out) {
  const size_t bytes = block_bytes(code_dimension);
  const auto place = [&](size_t i) { return blocks + i * bytes; };
  estimates_at(tables, code_dimension, count, place, scale, out);
}

void picked_estimates(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks,
                      const uint32_t* picks, size_t count, const SumScale& scale, float* out) {
  const size_t bytes = block_bytes(code_dimension);
  const auto place = [&](size_t i) { return blocks + picks[i] * bytes; };
  estimates_at(tables, code_dimension, count, place, scale, out);
}

}  // namespace

const CodeScans kCodeScansNeon = {sums, bounds, estimates, picked_estimates};

}  // namespace sluice

// Code scans with AVX2: a byte of 32 codes is a register, and both of its halves are looked up by
// one byte shuffle each. Look-ups are added as bytes, four at a time, because four fit a byte.
// Sums of even lanes and of odd ones are kept apart: `all` takes bytes in pairs as u16, so it holds
// even + 256 odd, and `odd` the upper bytes.
// A shuffle costs 1 cycle and Zen 3 to 5 and Intel from Ice Lake on do two at a time; a pass over
// four blocks costs 16 instructions for two bytes of 32 codes, and loads tables once.
#include <immintrin.h>

#include "../encode/encode.h"
#include "code-scan.h"

namespace sluice {
namespace {

constexpr size_t kFloats = 8;

// F, A and E; row numbers are read where a row survives.
constexpr size_t kColumnLines = 6;

// SAFETY, of all loads: none needs alignment; a block has D/8 rows of 32 bytes, then F, A and E, 32
// floats each, and 128 bytes more; D/8 is a multiple of 8; tables have D/4 times 16 bytes.
__m256i load_row(const uint8_t* bytes) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
}

__m256i load_table(const uint8_t* bytes) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
}

__m256 load_floats(const uint8_t* bytes) {
  return _mm256_loadu_ps(reinterpret_cast<const float*>(bytes));
}

// What the byte `codes` of 32 rows adds to their sums.
__m256i look_up(__m256i low, __m256i high, __m256i codes) {
  const __m256i nibble = _mm256_set1_epi8(15);
  return _mm256_add_epi8(
      _mm256_shuffle_epi8(low, _mm256_and_si256(codes, nibble)),
      _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(codes, 4), nibble)));
}

// The code sums of one block, as 16-bit lanes.
struct BlockSums {
  __m256i low;
  __m256i high;
};

BlockSums finish_sums(__m256i all, __m256i odd) {
  const __m256i even = _mm256_sub_epi16(all, _mm256_slli_epi16(odd, 8));
  const __m256i low = _mm256_unpacklo_epi16(even, odd);
  const __m256i high = _mm256_unpackhi_epi16(even, odd);
  return {_mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31)};
}

// The sums of kBlocks blocks; fetches those of `next`.
template <size_t kBlocks>
void group_sums(const uint8_t* tables, size_t code_dimension, const uint8_t* const* blocks,
                const uint8_t* const* next, BlockSums* out) {
  __m256i all[kBlocks];
  __m256i odd[kBlocks];
  for (size_t i = 0; i < kBlocks; i++) {
    all[i] = odd[i] = _mm256_setzero_si256();
  }
  // Each part of the way one of the next blocks is fetched.
  const size_t steps = code_dimension / 16;
  size_t p = 0;
  for (size_t part = 0; part < kBlocks; part++) {
    const uint8_t* line = next[part];
    const size_t end = steps * (part + 1) / kBlocks * 2;
    for (; p < end; p += 2) {
      const __m256i low0 = load_table(tables + p * 32);
      const __m256i high0 = load_table(tables + p * 32 + 16);
      const __m256i low1 = load_table(tables + p * 32 + 32);
      const __m256i high1 = load_table(tables + p * 32 + 48);
      for (size_t i = 0; i < kBlocks; i++) {
        const uint8_t* codes = blocks[i] + p * kBlockRows;
        __builtin_prefetch(line);
        line += 64;
        const __m256i sum = _mm256_add_epi8(look_up(low0, high0, load_row(codes)),
                                            look_up(low1, high1, load_row(codes + kBlockRows)));
        all[i] = _mm256_add_epi16(all[i], sum);
        odd[i] = _mm256_add_epi16(odd[i], _mm256_srli_epi16(sum, 8));
      }
    }
    const uint8_t* columns = next[part] + code_dimension * 4;
    for (size_t i = 0; i < kColumnLines; i++) __builtin_prefetch(columns + i * 64);
  }
  for (size_t i = 0; i < kBlocks; i++) out[i] = finish_sums(all[i], odd[i]);
}

// F S + A of lanes `from` to `from + 7`, whose 16-bit sums are given.
__m256 estimate(__m128i sums, const uint8_t* columns, size_t from, const SumScale& scale) {
  const __m256 sum = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(sums));
  const __m256 s = _mm256_add_ps(_mm256_mul_ps(sum, _mm256_set1_ps(scale.step)),
                                 _mm256_set1_ps(scale.bias));
  const __m256 product = _mm256_mul_ps(load_floats(columns + 4 * from), s);
  return _mm256_add_ps(product, load_floats(columns + 4 * (kBlockRows + from)));
}

// F S + A of all lanes; `columns` are F, A and E.
void block_estimates(const BlockSums& sums, const uint8_t* columns, const SumScale& scale,
                     __m256* out) {
  out[0] = estimate(_mm256_castsi256_si128(sums.low), columns, 0, scale);
  out[1] = estimate(_mm256_extracti128_si256(sums.low, 1), columns, 8, scale);
  out[2] = estimate(_mm256_castsi256_si128(sums.high), columns, 16, scale);
  out[3] = estimate(_mm256_extracti128_si256(sums.high, 1), columns, 24, scale);
}

// Writes the lower bounds of the block at a place of its group; gives a bit for each lane that
// survives.
uint32_t block_bounds(const BlockSums& sums, const uint8_t* columns, const Bound& bound,
                      size_t place, float* lower_bounds) {
  const __m256 weight = _mm256_set1_ps(bound.blocks[place].weight);
  const __m256 threshold = _mm256_set1_ps(bound.blocks[place].threshold);
  __m256 estimates[4];
  uint32_t survivors = 0;
  block_estimates(sums, columns, bound.sums, estimates);
  for (size_t j = 0; j < 4; j++) {
    const __m256 error = load_floats(columns + 8 * kBlockRows + 4 * kFloats * j);
    const __m256 lower = _mm256_sub_ps(estimates[j], _mm256_mul_ps(weight, error));
    const __m256 survives = _mm256_cmp_ps(lower, threshold, _CMP_NGT_UQ);
    _mm256_storeu_ps(lower_bounds + kFloats * j, lower);
    survivors |= static_cast<uint32_t>(_mm256_movemask_ps(survives)) << (kFloats * j);
  }
  return survivors;
}

// Gives the sums of blocks to `use(i, sums)`; block i is at `place(i)`.
template <class Place, class Use>
void for_each_block(const uint8_t* tables, size_t code_dimension, size_t count, Place place,
                    Use use) {
  // The blocks of a group and those of the next one: the last block again after the end.
  const uint8_t* at[2 * kScanGroup];
  BlockSums sums[kScanGroup];
  for (size_t i = 0; i < count;) {
    for (size_t j = 0; j < 2 * kScanGroup; j++) at[j] = place(i + j < count ? i + j : count - 1);
    if (i + kScanGroup <= count) {
      group_sums<kScanGroup>(tables, code_dimension, at, at + kScanGroup, sums);
      for (size_t j = 0; j < kScanGroup; j++) use(i + j, sums[j]);
      i += kScanGroup;
    } else {
      group_sums<1>(tables, code_dimension, at, at + 1, sums);
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
    __m256i* lanes = reinterpret_cast<__m256i*>(out + i * kBlockRows);
    _mm256_storeu_si256(lanes, block.low);
    _mm256_storeu_si256(lanes + 1, block.high);
  });
}

void bounds(const uint8_t* tables, size_t code_dimension, const BlockGroup& group,
            const Bound& bound, float* lower_bounds, uint32_t* survivors) {
  BlockSums sums[kScanGroup];
  group_sums<kScanGroup>(tables, code_dimension, group.blocks, group.next, sums);
  for (size_t i = 0; i < kScanGroup; i++) {
    survivors[i] = block_bounds(sums[i], group.blocks[i] + code_dimension * 4, bound, i,
                                lower_bounds + i * kBlockRows);
  }
}

template <class Place>
void estimates_at(const uint8_t* tables, size_t code_dimension, size_t count, Place place,
                  const SumScale& scale, float* out) {
  for_each_block(tables, code_dimension, count, place, [&](size_t i, const BlockSums& block) {
    __m256 lanes[4];
    block_estimates(block, place(i) + code_dimension * 4, scale, lanes);
    for (size_t j = 0; j < 4; j++) {
      _mm256_storeu_ps(out + i * kBlockRows + kFloats * j, lanes[j]);
    }
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

const CodeScans kCodeScansAvx2 = {sums, bounds, estimates, picked_estimates};

}  // namespace sluice

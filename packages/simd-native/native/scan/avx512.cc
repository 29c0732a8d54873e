// Code scans with AVX-512 (F, BW, DQ, VL): two bytes of 32 codes are a register, and both halves of
// each are looked up by one byte shuffle each. Look-ups are added as bytes, four at a time, because
// four fit a byte. Sums of even lanes and of odd ones are kept apart, as in avx2.cc, and those of
// the register's halves are added at the end.
// Measured on Zen 5 and left out: 256-entry tables with VPERMI2B, one for a whole byte, are no
// faster and take 32 D bytes; upper halves by GFNI, or tables spread beforehand, save 5 percent.
#include <immintrin.h>

#include "../encode/encode.h"
#include "code-scan.h"

namespace sluice {
namespace {

constexpr size_t kFloats = 16;

// F, A and E; row numbers are read where a row survives.
constexpr size_t kColumnLines = 6;

// The tables of two bytes: those of their lower halves and those of their upper ones, in the order
// of a register of codes.
struct Tables {
  __m512i low;
  __m512i high;
};

// SAFETY, of all loads: none needs alignment; a block has D/8 rows of 32 bytes, then F, A and E, 32
// floats each, and 128 bytes more; D/8 is a multiple of 8; tables have D/4 times 16 bytes.
Tables load_tables(const uint8_t* bytes) {
  const __m512i tables = _mm512_loadu_si512(bytes);
  return {_mm512_shuffle_i32x4(tables, tables, 0xa0), _mm512_shuffle_i32x4(tables, tables, 0xf5)};
}

__m512 load_floats(const uint8_t* bytes) { return _mm512_loadu_ps(bytes); }

// What two bytes of 32 rows add to their sums, the first byte's in the lower half.
__m512i look_up(const Tables& tables, __m512i codes) {
  const __m512i nibble = _mm512_set1_epi8(15);
  return _mm512_add_epi8(
      _mm512_shuffle_epi8(tables.low, _mm512_and_si512(codes, nibble)),
      _mm512_shuffle_epi8(tables.high, _mm512_and_si512(_mm512_srli_epi16(codes, 4), nibble)));
}

__m256i add_halves(__m512i v) {
  return _mm256_add_epi16(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
}

// The code sums of one block as 16-bit lanes.
__m512i finish_sums(__m512i all, __m512i odd) {
  const __m256i odds = add_halves(odd);
  const __m256i evens = _mm256_sub_epi16(add_halves(all), _mm256_slli_epi16(odds, 8));
  return _mm512_or_si512(_mm512_cvtepu16_epi32(evens),
                         _mm512_slli_epi32(_mm512_cvtepu16_epi32(odds), 16));
}

// The sums of kBlocks blocks; fetches those of `next`.
template <size_t kBlocks>
void group_sums(const uint8_t* tables, size_t code_dimension, const uint8_t* const* blocks,
                const uint8_t* const* next, __m512i* out) {
  __m512i all[kBlocks];
  __m512i odd[kBlocks];
  for (size_t i = 0; i < kBlocks; i++) {
    all[i] = odd[i] = _mm512_setzero_si512();
  }
  // Each part of the way one of the next blocks is fetched.
  const size_t steps = code_dimension / 32;
  size_t p = 0;
  for (size_t part = 0; part < kBlocks; part++) {
    const uint8_t* line = next[part];
    const size_t end = steps * (part + 1) / kBlocks * 4;
    for (; p < end; p += 4) {
      const Tables first = load_tables(tables + p * 32);
      const Tables second = load_tables(tables + p * 32 + 64);
      for (size_t i = 0; i < kBlocks; i++) {
        const uint8_t* codes = blocks[i] + p * kBlockRows;
        __builtin_prefetch(line);
        __builtin_prefetch(line + 64);
        line += 128;
        const __m512i sum = _mm512_add_epi8(look_up(first, _mm512_loadu_si512(codes)),
                                            look_up(second, _mm512_loadu_si512(codes + 64)));
        all[i] = _mm512_add_epi16(all[i], sum);
        odd[i] = _mm512_add_epi16(odd[i], _mm512_srli_epi16(sum, 8));
      }
    }
    const uint8_t* columns = next[part] + code_dimension * 4;
    for (size_t i = 0; i < kColumnLines; i++) __builtin_prefetch(columns + i * 64);
  }
  for (size_t i = 0; i < kBlocks; i++) out[i] = finish_sums(all[i], odd[i]);
}

// F S + A of lanes `from` to `from + 15`, whose 16-bit sums are given.
__m512 estimate(__m256i sums, const uint8_t* columns, size_t from, const SumScale& scale) {
  const __m512 sum = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(sums));
  const __m512 s = _mm512_add_ps(_mm512_mul_ps(sum, _mm512_set1_ps(scale.step)),
                                 _mm512_set1_ps(scale.bias));
  const __m512 product = _mm512_mul_ps(load_floats(columns + 4 * from), s);
  return _mm512_add_ps(product, load_floats(columns + 4 * (kBlockRows + from)));
}

// F S + A of all lanes; `columns` are F, A and E.
void block_estimates(__m512i sums, const uint8_t* columns, const SumScale& scale, __m512* out) {
  out[0] = estimate(_mm512_castsi512_si256(sums), columns, 0, scale);
  out[1] = estimate(_mm512_extracti64x4_epi64(sums, 1), columns, kFloats, scale);
}

// Writes the lower bounds of the block at a place of its group; gives a bit for each lane that
// survives.
uint32_t block_bounds(__m512i sums, const uint8_t* columns, const Bound& bound,
                      size_t place, float* lower_bounds) {
  const __m512 weight = _mm512_set1_ps(bound.blocks[place].weight);
  const __m512 threshold = _mm512_set1_ps(bound.blocks[place].threshold);
  __m512 estimates[2];
  uint32_t survivors = 0;
  block_estimates(sums, columns, bound.sums, estimates);
  for (size_t j = 0; j < 2; j++) {
    const __m512 error = load_floats(columns + 8 * kBlockRows + 4 * kFloats * j);
    const __m512 lower = _mm512_sub_ps(estimates[j], _mm512_mul_ps(weight, error));
    const uint32_t survives = _mm512_cmp_ps_mask(lower, threshold, _CMP_NGT_UQ);
    _mm512_storeu_ps(lower_bounds + kFloats * j, lower);
    survivors |= survives << (kFloats * j);
  }
  return survivors;
}

// Gives the sums of blocks to `use(i, sums)`; block i is at `place(i)`.
template <class Place, class Use>
void for_each_block(const uint8_t* tables, size_t code_dimension, size_t count, Place place,
                    Use use) {
  // The blocks of a group and those of the next one: the last block again after the end.
  const uint8_t* at[2 * kScanGroup];
  __m512i sums[kScanGroup];
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
  for_each_block(tables, code_dimension, count, place, [&](size_t i, __m512i block) {
    _mm512_storeu_si512(out + i * kBlockRows, block);
  });
}

void bounds(const uint8_t* tables, size_t code_dimension, const BlockGroup& group,
            const Bound& bound, float* lower_bounds, uint32_t* survivors) {
  __m512i sums[kScanGroup];
  group_sums<kScanGroup>(tables, code_dimension, group.blocks, group.next, sums);
  for (size_t i = 0; i < kScanGroup; i++) {
    survivors[i] = block_bounds(sums[i], group.blocks[i] + code_dimension * 4, bound, i,
                                lower_bounds + i * kBlockRows);
  }
}

template <class Place>
void estimates_at(const uint8_t* tables, size_t code_dimension, size_t count, Place place,
                  const SumScale& scale, float* out) {
  for_each_block(tables, code_dimension, count, place, [&](size_t i, __m512i block) {
    __m512 lanes[2];
    block_estimates(block, place(i) + code_dimension * 4, scale, lanes);
    for (size_t j = 0; j < 2; j++) {
      _mm512_storeu_ps(out + i * kBlockRows + kFloats * j, lanes[j]);
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

const CodeScans kCodeScansAvx512 = {sums, bounds, estimates, picked_estimates};

}  // namespace sluice

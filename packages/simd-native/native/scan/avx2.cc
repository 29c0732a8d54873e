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

// A run of blocks, of which `left` are there; those a group further on are fetched.
class Run {
 public:
  Run(const uint8_t* blocks, size_t bytes, size_t left, size_t taken)
      : blocks_(blocks),
        bytes_(bytes),
        // Of the last blocks where fewer than a group follow: nothing after them is fetched.
        ahead_((left - taken < kScanGroup ? left - taken : kScanGroup) * bytes) {}

  const uint8_t* block(size_t i) const { return blocks_ + i * bytes_; }
  const uint8_t* ahead(size_t i) const { return block(i) + ahead_; }

 private:
  const uint8_t* const blocks_;
  const size_t bytes_;
  const size_t ahead_;
};

// Blocks that are picked, `left` of them; those a group further on are fetched.
template <size_t kBlocks>
class Picked {
 public:
  Picked(const uint8_t* blocks, size_t bytes, const uint32_t* picks, size_t left) {
    for (size_t i = 0; i < kBlocks; i++) {
      const size_t next = i + kScanGroup < left ? i + kScanGroup : left - 1;
      blocks_[i] = blocks + picks[i] * bytes;
      ahead_[i] = blocks + picks[next] * bytes;
    }
  }

  const uint8_t* block(size_t i) const { return blocks_[i]; }
  const uint8_t* ahead(size_t i) const { return ahead_[i]; }

 private:
  const uint8_t* blocks_[kBlocks];
  const uint8_t* ahead_[kBlocks];
};

// The sums of kBlocks blocks, a Run or Picked; fetches those a group further on.
template <size_t kBlocks, class Blocks>
void group_sums(const uint8_t* tables, size_t code_dimension, const Blocks& blocks,
                BlockSums* out) {
  __m256i all[kBlocks];
  __m256i odd[kBlocks];
  for (size_t i = 0; i < kBlocks; i++) {
    all[i] = odd[i] = _mm256_setzero_si256();
  }
  for (size_t p = 0; p < code_dimension / 8; p += 2) {
    const __m256i low0 = load_table(tables + p * 32);
    const __m256i high0 = load_table(tables + p * 32 + 16);
    const __m256i low1 = load_table(tables + p * 32 + 32);
    const __m256i high1 = load_table(tables + p * 32 + 48);
    for (size_t i = 0; i < kBlocks; i++) {
      const uint8_t* codes = blocks.block(i) + p * kBlockRows;
      __builtin_prefetch(blocks.ahead(i) + p * kBlockRows);
      const __m256i sum = _mm256_add_epi8(look_up(low0, high0, load_row(codes)),
                                          look_up(low1, high1, load_row(codes + kBlockRows)));
      all[i] = _mm256_add_epi16(all[i], sum);
      odd[i] = _mm256_add_epi16(odd[i], _mm256_srli_epi16(sum, 8));
    }
  }
  for (size_t i = 0; i < kBlocks; i++) {
    out[i] = finish_sums(all[i], odd[i]);
    const uint8_t* columns = blocks.ahead(i) + code_dimension * 4;
    for (size_t line = 0; line < 6; line++) __builtin_prefetch(columns + line * 64);
  }
}

// F S + A of lanes `from` to `from + 7`, whose 16-bit sums are given.
__m256 estimate(__m128i sums, const uint8_t* columns, size_t from, const Bound& bound) {
  const __m256 sum = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(sums));
  const __m256 s = _mm256_add_ps(_mm256_mul_ps(sum, _mm256_set1_ps(bound.scale)),
                                 _mm256_set1_ps(bound.bias));
  const __m256 product = _mm256_mul_ps(load_floats(columns + 4 * from), s);
  return _mm256_add_ps(product, load_floats(columns + 4 * (kBlockRows + from)));
}

// F S + A of all lanes; `columns` are F, A and E.
void block_estimates(const BlockSums& sums, const uint8_t* columns, const Bound& bound,
                     __m256* out) {
  out[0] = estimate(_mm256_castsi256_si128(sums.low), columns, 0, bound);
  out[1] = estimate(_mm256_extracti128_si256(sums.low, 1), columns, 8, bound);
  out[2] = estimate(_mm256_castsi256_si128(sums.high), columns, 16, bound);
  out[3] = estimate(_mm256_extracti128_si256(sums.high, 1), columns, 24, bound);
}

// Writes the lower bounds; gives a bit for each lane that survives.
uint32_t block_bounds(const BlockSums& sums, const uint8_t* columns, const Bound& bound,
                      float* lower_bounds) {
  const __m256 weight = _mm256_set1_ps(bound.weight);
  const __m256 threshold = _mm256_set1_ps(bound.threshold);
  __m256 estimates[4];
  uint32_t survivors = 0;
  block_estimates(sums, columns, bound, estimates);
  for (size_t j = 0; j < 4; j++) {
    const __m256 error = load_floats(columns + 8 * kBlockRows + 4 * kFloats * j);
    const __m256 lower = _mm256_sub_ps(estimates[j], _mm256_mul_ps(weight, error));
    const __m256 survives = _mm256_cmp_ps(lower, threshold, _CMP_NGT_UQ);
    _mm256_storeu_ps(lower_bounds + kFloats * j, lower);
    survivors |= static_cast<uint32_t>(_mm256_movemask_ps(survives)) << (kFloats * j);
  }
  return survivors;
}

// Gives the sums of all blocks to `use(i, sums)`.
template <class Use>
void for_each_block(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks,
                    size_t count, Use use) {
  const size_t bytes = block_bytes(code_dimension);
  BlockSums sums[kScanGroup];
  size_t i = 0;
  for (; i + kScanGroup <= count; i += kScanGroup) {
    group_sums<kScanGroup>(tables, code_dimension,
                           Run(blocks + i * bytes, bytes, count - i, kScanGroup), sums);
    for (size_t j = 0; j < kScanGroup; j++) use(i + j, sums[j]);
  }
  for (; i < count; i++) {
    group_sums<1>(tables, code_dimension, Run(blocks + i * bytes, bytes, 1, 1), sums);
    use(i, sums[0]);
  }
}

// Gives the sums of the blocks picked to `use(i, sums)`.
template <class Use>
void for_each_picked(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks,
                     const uint32_t* picks, size_t count, Use use) {
  const size_t bytes = block_bytes(code_dimension);
  BlockSums sums[kScanGroup];
  size_t i = 0;
  for (; i + kScanGroup <= count; i += kScanGroup) {
    group_sums<kScanGroup>(tables, code_dimension,
               Picked<kScanGroup>(blocks, bytes, picks + i, count - i), sums);
    for (size_t j = 0; j < kScanGroup; j++) use(i + j, sums[j]);
  }
  for (; i < count; i++) {
    group_sums<1>(tables, code_dimension, Picked<1>(blocks, bytes, picks + i, count - i), sums);
    use(i, sums[0]);
  }
}

// SAFETY, of the functions below: all that is written has room for 32 lanes of every block used.
void sums(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks, size_t count,
          uint16_t* out) {
  for_each_block(tables, code_dimension, blocks, count, [&](size_t i, const BlockSums& block) {
    __m256i* lanes = reinterpret_cast<__m256i*>(out + i * kBlockRows);
    _mm256_storeu_si256(lanes, block.low);
    _mm256_storeu_si256(lanes + 1, block.high);
  });
}

void bounds(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks, size_t count,
            const Bound& bound, float* lower_bounds, uint32_t* survivors) {
  const uint8_t* columns = blocks + code_dimension * 4;
  const size_t bytes = block_bytes(code_dimension);
  BlockSums sums[kScanGroup];
  const size_t used = count < kScanGroup ? count : kScanGroup;
  if (used == kScanGroup) {
    group_sums<kScanGroup>(tables, code_dimension, Run(blocks, bytes, count, kScanGroup), sums);
  } else {
    for (size_t i = 0; i < used; i++) {
      group_sums<1>(tables, code_dimension, Run(blocks + i * bytes, bytes, 1, 1), sums + i);
    }
  }
  for (size_t i = 0; i < used; i++) {
    survivors[i] = block_bounds(sums[i], columns + i * bytes, bound, lower_bounds + i * kBlockRows);
  }
}

void estimates(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks, size_t count,
               const Bound& bound, float* out) {
  const uint8_t* columns = blocks + code_dimension * 4;
  const size_t bytes = block_bytes(code_dimension);
  for_each_block(tables, code_dimension, blocks, count, [&](size_t i, const BlockSums& block) {
    __m256 lanes[4];
    block_estimates(block, columns + i * bytes, bound, lanes);
    for (size_t j = 0; j < 4; j++) {
      _mm256_storeu_ps(out + i * kBlockRows + kFloats * j, lanes[j]);
    }
  });
}

void picked_estimates(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks,
                      const uint32_t* picks, size_t count, const Bound& bound, float* out) {
  const uint8_t* columns = blocks + code_dimension * 4;
  const size_t bytes = block_bytes(code_dimension);
  const auto use = [&](size_t i, const BlockSums& block) {
    __m256 lanes[4];
    block_estimates(block, columns + picks[i] * bytes, bound, lanes);
    for (size_t j = 0; j < 4; j++) {
      _mm256_storeu_ps(out + i * kBlockRows + kFloats * j, lanes[j]);
    }
  };
  for_each_picked(tables, code_dimension, blocks, picks, count, use);
}

}  // namespace

const CodeScans kCodeScansAvx2 = {sums, bounds, estimates, picked_estimates};

}  // namespace sluice

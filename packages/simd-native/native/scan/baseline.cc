// Code scans in plain C++: one look-up at a time, in the order of the bytes.
#include <cstring>

#include "../encode/encode.h"
#include "code-scan.h"

namespace sluice {
namespace {

// SAFETY, of this file: `block` has D/8 rows of 32 bytes, then F, A and E, 32 floats each, and 128
// bytes more; `tables` has D/4 times 16 bytes. Floats are copied out because a block may lie
// anywhere.
void block_sums(const uint8_t* tables, size_t code_dimension, const uint8_t* block,
                uint32_t* sums) {
  for (size_t lane = 0; lane < kBlockRows; lane++) sums[lane] = 0;
  for (size_t p = 0; p < code_dimension / 8; p++) {
    const uint8_t* codes = block + p * kBlockRows;
    const uint8_t* low = tables + p * 32;
    const uint8_t* high = low + 16;
    for (size_t lane = 0; lane < kBlockRows; lane++) {
      sums[lane] += low[codes[lane] & 15] + high[codes[lane] >> 4];
    }
  }
}

// F S + A.
void block_estimates(const uint8_t* tables, size_t code_dimension, const uint8_t* block,
                     const SumScale& scale, float* out) {
  uint32_t sums[kBlockRows];
  float factors[kBlockRows];
  float offsets[kBlockRows];
  const uint8_t* columns = block + code_dimension * 4;
  std::memcpy(factors, columns, sizeof(factors));
  std::memcpy(offsets, columns + sizeof(factors), sizeof(offsets));
  block_sums(tables, code_dimension, block, sums);
  for (size_t lane = 0; lane < kBlockRows; lane++) {
    const float sum = static_cast<float>(sums[lane]) * scale.step + scale.bias;
    out[lane] = factors[lane] * sum + offsets[lane];
  }
}

void sums(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks, size_t count,
          uint16_t* out) {
  uint32_t block[kBlockRows];
  for (size_t i = 0; i < count; i++) {
    block_sums(tables, code_dimension, blocks + i * block_bytes(code_dimension), block);
    for (size_t lane = 0; lane < kBlockRows; lane++) {
      out[i * kBlockRows + lane] = static_cast<uint16_t>(block[lane]);
    }
  }
}

void bounds(const uint8_t* tables, size_t code_dimension, const BlockGroup& group,
            const Bound& bound, float* lower_bounds, uint32_t* survivors) {
  float errors[kBlockRows];
  for (size_t i = 0; i < kScanGroup; i++) {
    const uint8_t* block = group.blocks[i];
    float* lower = lower_bounds + i * kBlockRows;
    std::memcpy(errors, block + code_dimension * 4 + 8 * kBlockRows, sizeof(errors));
    block_estimates(tables, code_dimension, block, bound.sums, lower);
    survivors[i] = 0;
    for (size_t lane = 0; lane < kBlockRows; lane++) {
      lower[lane] = lower[lane] - bound.blocks[i].weight * errors[lane];
      survivors[i] |= static_cast<uint32_t>(!(lower[lane] > bound.blocks[i].threshold)) << lane;
    }
  }
}

void estimates(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks, size_t count,
               const SumScale& scale, float* out) {
  for (size_t i = 0; i < count; i++) {
    block_estimates(tables, code_dimension, blocks + i * block_bytes(code_dimension), scale,
                    out + i * kBlockRows);
  }
}

void picked_estimates(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks,
                      const uint32_t* picks, size_t count, const SumScale& scale, float* out) {
  for (size_t i = 0; i < count; i++) {
    block_estimates(tables, code_dimension, blocks + picks[i] * block_bytes(code_dimension), scale,
                    out + i * kBlockRows);
  }
}

}  // namespace

const CodeScans kCodeScansBaseline = {sums, bounds, estimates, picked_estimates};

}  // namespace sluice

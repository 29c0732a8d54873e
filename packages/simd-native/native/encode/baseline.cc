// Packing, tables and the table of steps for any CPU.
#include <cmath>
#include <cstring>

#include "steps.h"

namespace sluice {
namespace {

// Swaps bits of `a` where `mask` is set with those of `b` `shift` places lower.
void swap(uint64_t* a, uint64_t* b, unsigned shift, uint64_t mask) {
  const uint64_t different = (*a >> shift ^ *b) & mask;
  *b ^= different;
  *a ^= different << shift;
}

// Eight rows of eight bytes, the first byte the lowest, to eight columns.
void transpose(uint64_t* rows) {
  for (size_t i = 0; i < 4; i++) swap(&rows[i], &rows[i + 4], 32, 0x00000000ffffffff);
  for (size_t i = 0; i < 8; i += 4) {
    swap(&rows[i], &rows[i + 2], 16, 0x0000ffff0000ffff);
    swap(&rows[i + 1], &rows[i + 3], 16, 0x0000ffff0000ffff);
  }
  for (size_t i = 0; i < 8; i += 2) swap(&rows[i], &rows[i + 1], 8, 0x00ff00ff00ff00ff);
}

void pack(const uint8_t* codes, size_t code_bytes, uint8_t* block) {
  // SAFETY: 32 codes of code_bytes, a multiple of 8; a block has 32 bytes for each of these.
  for (size_t column = 0; column < code_bytes; column += 8) {
    for (size_t lane = 0; lane < kBlockRows; lane += 8) {
      uint64_t rows[8];
      for (size_t i = 0; i < 8; i++) {
        std::memcpy(&rows[i], codes + (lane + i) * code_bytes + column, 8);
      }
      transpose(rows);
      for (size_t i = 0; i < 8; i++) {
        std::memcpy(block + (column + i) * kBlockRows + lane, &rows[i], 8);
      }
    }
  }
}

typedef float Vector __attribute__((vector_size(16)));

// At 2^23 and above float32 has no fraction: adding it rounds to the nearest integer, ties to even,
// and leaves that in the lowest bits.
void fill_table(const float* q, float factor, uint8_t* table) {
  const float weight =
      (std::fabs(q[0]) + std::fabs(q[1])) + (std::fabs(q[2]) + std::fabs(q[3]));
  // All other sums of a pair are the negatives of these.
  const float both = q[0] + q[1];
  const float one = q[0] - q[1];
  const Vector low = {-both, one, -one, both};
  const float high[2] = {q[2] + q[3], q[2] - q[3]};
  const Vector values[4] = {low - high[0], low + high[1], low - high[1], low + high[0]};
  uint32_t words[16];
  for (size_t k = 0; k < 4; k++) {
    const Vector rounded = (values[k] + weight) * factor + 0x1p23f;
    std::memcpy(words + 4 * k, &rounded, sizeof(rounded));
  }
  for (size_t j = 0; j < 16; j++) table[j] = static_cast<uint8_t>(words[j]);
}

void tables(const float* q, size_t code_dimension, float factor, uint8_t* tables) {
  // SAFETY: q has code_dimension floats, a multiple of 64, and a table 16 bytes for four of them.
  for (size_t i = 0; i < code_dimension; i += 4) fill_table(q + i, factor, tables + 4 * i);
}

}  // namespace

const EncodeSteps kEncodeStepsBaseline = {
    centre_baseline, rotate_baseline, code_baseline, signed_sum_baseline,
    pack,            weigh_baseline,  tables,        inner_product_baseline,
    squared_distance_baseline, residual_product_baseline};

}  // namespace sluice

// Sums of table entries over blocks of 1-bit codes, and the rows that survive a bound:
// docs/codes.md, "Estimates". Declarations only, as in kernels.h.
#ifndef SLUICE_CODE_SCAN_H
#define SLUICE_CODE_SCAN_H

#include <cstddef>
#include <cstdint>

namespace sluice {

// Blocks that are looked at together: tables are loaded once for all of them.
constexpr size_t kScanGroup = 4;

// kScanGroup blocks anywhere, the same one more than once where there are fewer. While they are
// summed, those that are due next are fetched, which may be the same.
struct BlockGroup {
  const uint8_t* const* blocks;
  const uint8_t* const* next;
};

// S of a code sum: the sum times step, plus bias.
struct SumScale {
  float step;
  float bias;
};

struct BlockBound {
  float weight;
  float threshold;
};

// As CodeBound in core, but for the blocks of a group, each with a weight and a threshold.
struct Bound {
  SumScale sums;
  BlockBound blocks[kScanGroup];
};

// The least float that is not below a number: a threshold rounded so loses no row. NaN stays.
float round_up(double threshold);

// The code scans of one instruction set. `tables` has 4 D bytes, any four of one code at most 255
// together, and `blocks` `count` whole blocks; both may lie anywhere.
struct CodeScans {
  // out[32 i + j] is the code sum of lane j of block i.
  void (*sums)(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks, size_t count,
               uint16_t* out);
  // Lower bounds of all lanes of a group, and a word for each of its blocks with a bit for each
  // lane that survives. Lanes without a row may survive here.
  void (*bounds)(const uint8_t* tables, size_t code_dimension, const BlockGroup& group,
                 const Bound& bound, float* lower_bounds, uint32_t* survivors);
  // Estimates F S + A of all lanes of `count` blocks.
  void (*estimates)(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks,
                    size_t count, const SumScale& scale, float* out);
  // The same of the `count` blocks that are picked: out[32 i + j] is that of lane j of block
  // picks[i].
  void (*picked_estimates)(const uint8_t* tables, size_t code_dimension, const uint8_t* blocks,
                           const uint32_t* picks, size_t count, const SumScale& scale, float* out);
};

extern const CodeScans kCodeScansBaseline;
extern const CodeScans kCodeScansAvx2;
extern const CodeScans kCodeScansAvx512;
extern const CodeScans kCodeScansNeon;

// Adds survivors of blocks `from` to `to - 1` to the arrays, which have room for `capacity`, from
// *count on. All blocks of the bound are the same. Stops before a block for which there may be no
// room; gives the block to go on with.
size_t scan_blocks(const CodeScans& scans, const uint8_t* tables, size_t code_dimension,
                   const uint8_t* blocks, size_t from, size_t to, const Bound& bound,
                   uint32_t* rows, float* bounds, size_t capacity, size_t* count);

}  // namespace sluice

#endif

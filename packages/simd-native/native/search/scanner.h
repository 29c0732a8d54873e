// Blocks of 1-bit codes, scanned for rows to compare. Of the first rows the best by their bounds
// are compared first, so that there is a threshold for all others.
#ifndef SLUICE_SCANNER_H
#define SLUICE_SCANNER_H

#include "../assign/assign.h"
#include "reranker.h"

namespace sluice {

class Scanner {
 public:
  // `bound` is that of the query; its threshold is the reranker's.
  Scanner(const AssignKernels& kernels, const uint8_t* tables, size_t code_dimension,
          const Bound& bound, size_t k, Reranker* reranker);

  // Scans all blocks of a run of extents.
  void scan(const Extent* extents, size_t count);

  // Compares all that were found so far.
  void settle();

  uint64_t scanned() const { return scanned_; }

 private:
  static constexpr size_t kFirstRowsMax = 4096;

  void scan_extent(const Extent& extent, const Extent* next);
  void take(const uint8_t* block, const float* bounds, uint32_t survivors);
  void settle_first();

  const AssignKernels& kernels_;
  const uint8_t* const tables_;
  const size_t code_dimension_;
  const size_t bytes_;
  Bound bound_;
  Reranker* const reranker_;
  uint64_t scanned_ = 0;
  // The first rows, while there are fewer than wanted. The last group of blocks may add more.
  bool is_first_ = true;
  size_t first_wanted_;
  size_t best_wanted_;
  size_t first_count_ = 0;
  uint32_t first_rows_[kFirstRowsMax + kScanGroup * kBlockRows];
  alignas(64) float first_bounds_[kFirstRowsMax + kScanGroup * kBlockRows];
};

}  // namespace sluice

#endif

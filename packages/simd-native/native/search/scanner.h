// Blocks of 1-bit codes, scanned for rows to compare. Rows that survive are gathered until there
// are many, and then those with the best bounds are compared first: most others need not be.
#ifndef SLUICE_SCANNER_H
#define SLUICE_SCANNER_H

#include "../assign/assign.h"
#include "reranker.h"

namespace sluice {

class Scanner {
 public:
  // Bytes of memory that a search for k rows takes.
  static size_t room(size_t k);

  // `sums` is that of the query. `memory` has `room` bytes and starts at a multiple of 64.
  Scanner(const AssignKernels& kernels, const uint8_t* tables, size_t code_dimension,
          const SumScale& sums, size_t k, Reranker* reranker, void* memory);

  // Scans all blocks of a run of extents.
  void scan(const Extent* extents, size_t count);

  // Compares all that were gathered so far.
  void settle();

  uint64_t scanned() const { return scanned_; }
  uint64_t compared() const { return compared_; }

 private:
  // Blocks that are looked at together. Where they are not enough, the last one is there again.
  struct Group {
    size_t count;
    const uint8_t* blocks[kScanGroup];
    // Bits of the lanes that count.
    uint32_t lanes[kScanGroup];
    float constants[kScanGroup];
    Bound bound;
  };

  // Goes through the blocks of extents.
  struct Cursor {
    const Extent* extent;
    const Extent* end;
    // Rows of the extent before the next block.
    size_t row;
    // Of the blocks of the extent.
    BlockBound bound;
  };

  void read_group(Cursor* cursor, Group* out) const;
  void scan_group(const Group& group, const Group& next);
  void gather(const uint8_t* block, float constant, const float* bounds, uint32_t survivors);
  void make_room();
  void compare_best();
  int32_t find_best() const;
  void compete(size_t index);

  const AssignKernels& kernels_;
  const uint8_t* const tables_;
  const size_t code_dimension_;
  const size_t bytes_;
  const SumScale sums_;
  Reranker* const reranker_;
  uint64_t scanned_ = 0;
  uint64_t compared_ = 0;
  // Rows that were gathered; the last group of blocks may add more than are wanted.
  const size_t wanted_;
  const size_t best_wanted_;
  size_t count_ = 0;
  float* const lowers_;
  int32_t* const keys_;
  uint32_t* const rows_;
};

}  // namespace sluice

#endif

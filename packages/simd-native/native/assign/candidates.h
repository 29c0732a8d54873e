// The best of many estimates.
#ifndef SLUICE_CANDIDATES_H
#define SLUICE_CANDIDATES_H

#include "assign.h"

namespace sluice {

constexpr size_t kCandidatesMax = 64;

// Blocks whose estimates are looked at together: whole runs of keys.
constexpr size_t kChunkBlocks = 32;
constexpr size_t kCandidatesChunk = kChunkBlocks * kBlockRows;

// Centroids and the keys of their estimates, in the order of their numbers. There is room for all
// of a chunk beside the best of those before, and for the rest of a run.
struct Candidates {
  size_t count;
  uint32_t numbers[kCandidatesMax + kCandidatesChunk];
  alignas(64) int32_t keys[kCandidatesMax + kCandidatesChunk + kKeyRun];
};

// Blocks `from` to `to - 1`, one at least.
struct BlockRun {
  uint32_t from;
  uint32_t to;
};

// A row's tables and the blocks of centroids.
struct Estimation {
  const uint8_t* tables;
  size_t code_dimension;
  const uint8_t* blocks;
  size_t centroid_count;
  SumScale scale;
  // What is looked at, in order; one run at least.
  const BlockRun* runs;
  size_t run_count;
};

// The candidates_max centroids with the least estimates, without those whose estimate is above the
// least one plus `slack`.
void find_candidates(const AssignKernels& kernels, const Estimation& estimation,
                     size_t candidates_max, float slack, Candidates* out);

}  // namespace sluice

#endif

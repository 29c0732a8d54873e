// The best of many estimates.
#ifndef SLUICE_CANDIDATES_H
#define SLUICE_CANDIDATES_H

#include "assign.h"

namespace sluice {

constexpr size_t kCandidatesMax = 64;

// Centroids whose estimates are looked at together: whole runs of keys, whole groups of blocks.
constexpr size_t kCandidatesChunk = 1024;

// Centroids and the keys of their estimates, in the order of their numbers. There is room for all
// of a chunk beside the best of those before, and for the rest of a run.
struct Candidates {
  size_t count;
  uint32_t numbers[kCandidatesMax + kCandidatesChunk];
  alignas(64) int32_t keys[kCandidatesMax + kCandidatesChunk + kKeyRun];
};

// A row's tables and the blocks of all centroids.
struct Estimation {
  const uint8_t* tables;
  size_t code_dimension;
  const uint8_t* blocks;
  size_t centroid_count;
  Bound bound;
};

// The candidates_max centroids with the least estimates, without those whose estimate is above the
// least one plus `slack`.
void find_candidates(const AssignKernels& kernels, const Estimation& estimation,
                     size_t candidates_max, float slack, Candidates* out);

}  // namespace sluice

#endif

// Chunk by chunk, whatever is not above a limit joins the candidates, and the best of these are
// kept. The limit comes down in three ways: the least estimate plus the slack; where that lets many
// through, a key that enough others do not exceed, sought among the minima of 32 or 64 parts of the
// keys where these are plenty; and the worst candidate once there are as many as wanted. Compiled
// at the baseline; all long loops are steps.
#include "candidates.h"

#include "key-search.h"

namespace sluice {
namespace {

// Of so many keys or fewer, the limit is found by comparing all with all.
constexpr size_t kSelectedMax = 128;

// Centroids of a block.
constexpr uint32_t kLanes = static_cast<uint32_t>(kBlockRows);

int32_t lower_of(int32_t a, int32_t b) { return a < b ? a : b; }

int32_t least_of(const int32_t* keys, size_t length) {
  int32_t least = kNoKey;
  for (size_t i = 0; i < length; i++) least = keys[i] < least ? keys[i] : least;
  return least;
}

int32_t largest_of(const int32_t* keys, size_t length) {
  int32_t largest = keys[0];
  for (size_t i = 0; i < length; i++) largest = keys[i] > largest ? keys[i] : largest;
  return largest;
}

// Keeps the best `wanted` of more candidates than that; of equals, those with the lower numbers.
// Gives a limit that all of them keep.
int32_t keep_best(const AssignSteps& steps, size_t wanted, Candidates* all) {
  const size_t length = (all->count + kKeyRun - 1) / kKeyRun * kKeyRun;
  // SAFETY: there is room for whole runs.
  for (size_t i = all->count; i < length; i++) all->keys[i] = kNoKey;
  const KeySearch search = {all->keys, length, wanted, wanted};
  const int32_t limit = all->count <= kSelectedMax
                            ? steps.select(all->keys, all->count, wanted)
                            : find_limit(steps, search, least_of(all->keys, all->count),
                                         largest_of(all->keys, all->count));
  size_t equals = wanted - steps.count(all->keys, length, limit - 1);
  size_t kept = 0;
  // SAFETY: kept <= i < count.
  for (size_t i = 0; i < all->count; i++) {
    const int32_t key = all->keys[i];
    const bool is_equal = key == limit && equals > 0;
    all->keys[kept] = key;
    all->numbers[kept] = all->numbers[i];
    equals -= is_equal ? 1 : 0;
    kept += key < limit || is_equal ? 1 : 0;
  }
  all->count = kept;
  return limit;
}

void drop_above(int32_t limit, Candidates* all) {
  size_t kept = 0;
  for (size_t i = 0; i < all->count; i++) {
    all->numbers[kept] = all->numbers[i];
    kept += all->keys[i] <= limit ? 1 : 0;
  }
  all->count = kept;
}

// A key that at least `wanted` keys do not exceed, of the minima of twice as many groups of keys:
// each minimum is the key of another centroid.
int32_t limit_of_minima(const AssignSteps& steps, size_t wanted, int32_t* minima) {
  constexpr size_t kHalf = kKeyRun / 2;
  if (2 * wanted > kHalf) return steps.select(minima, kKeyRun, wanted);
  for (size_t i = 0; i < kHalf; i++) minima[i] = lower_of(minima[i], minima[i + kHalf]);
  return steps.select(minima, kHalf, wanted);
}

// Where the next chunk starts.
struct Cursor {
  size_t run;
  // From the run's first on.
  size_t block;
};

// Estimates of the centroids of up to kChunkBlocks blocks.
struct Chunk {
  size_t count;
  alignas(64) float estimates[kCandidatesChunk];
  uint32_t blocks[kChunkBlocks];
};

// Fills the chunk; leaves it empty behind the last run.
void fill(const CodeScans& scans, const Estimation& estimation, Cursor* at, Chunk* chunk) {
  size_t filled = 0;
  while (filled < kChunkBlocks && at->run < estimation.run_count) {
    const BlockRun& run = estimation.runs[at->run];
    const size_t left = run.to - run.from - at->block;
    const size_t taken = left < kChunkBlocks - filled ? left : kChunkBlocks - filled;
    for (size_t i = 0; i < taken; i++) {
      chunk->blocks[filled++] = static_cast<uint32_t>(run.from + at->block + i);
    }
    at->block = taken == left ? 0 : at->block + taken;
    at->run += taken == left ? 1 : 0;
  }
  chunk->count = 0;
  if (filled == 0) return;
  // SAFETY: runs are blocks that are there; a chunk has room for the lanes of kChunkBlocks.
  scans.picked_estimates(estimation.tables, estimation.code_dimension, estimation.blocks,
                         chunk->blocks, filled, estimation.scale, chunk->estimates);
  // Runs are in order: only the last block of all may lack centroids, and no other follows it.
  const size_t end = (chunk->blocks[filled - 1] + size_t{1}) * kBlockRows;
  const size_t missing = end > estimation.centroid_count ? end - estimation.centroid_count : 0;
  chunk->count = filled * kBlockRows - missing;
}

}  // namespace

void find_candidates(const AssignKernels& kernels, const Estimation& estimation,
                     size_t candidates_max, float slack, Candidates* out) {
  const AssignSteps& steps = kernels.assign;
  Chunk chunk;
  alignas(64) int32_t keys[kCandidatesChunk];
  alignas(64) int32_t minima[kKeyRun];
  uint32_t places[kCandidatesChunk + 16];
  int32_t best = kInfiniteKey;
  int32_t limit = kInfiniteKey;
  Cursor at = {0, 0};
  out->count = 0;
  while (fill(kernels.scans, estimation, &at, &chunk), chunk.count > 0) {
    const size_t length = (chunk.count + kKeyRun - 1) / kKeyRun * kKeyRun;
    // SAFETY: a chunk has room for whole runs.
    for (size_t i = chunk.count; i < length; i++) chunk.estimates[i] = 0.0f;
    steps.keys(chunk.estimates, chunk.count, keys, minima);
    best = lower_of(best, least_of(minima, kKeyRun));
    limit = lower_of(limit, key_of(value_of(best) + slack));
    if (2 * candidates_max > kKeyRun) {
      const KeySearch search = {keys, length, candidates_max, 2 * candidates_max};
      if (steps.count(keys, length, limit) > search.enough) {
        limit = lower_of(limit, find_limit(steps, search, best, largest_of(minima, kKeyRun)));
      }
    } else if (steps.count(minima, kKeyRun, limit) > 2 * candidates_max) {
      limit = lower_of(limit, limit_of_minima(steps, candidates_max, minima));
    }
    const size_t found = steps.collect(keys, length, limit, places);
    // SAFETY: at most kCandidatesMax candidates are left from before, and found <= count.
    for (size_t i = 0; i < found; i++) {
      const uint32_t place = places[i];
      out->numbers[out->count] = chunk.blocks[place / kLanes] * kLanes + place % kLanes;
      out->keys[out->count++] = keys[place];
    }
    if (out->count > candidates_max) {
      limit = lower_of(limit, keep_best(steps, candidates_max, out));
    }
  }
  drop_above(limit, out);
}

}  // namespace sluice

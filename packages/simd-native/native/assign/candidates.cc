// Chunk by chunk, whatever is not above a limit joins the candidates, and the best of these are
// kept. The limit comes down in three ways: the least estimate plus the slack; where that lets many
// through, a key that enough others do not exceed, sought among the minima of 64 groups where these
// are plenty; and the worst candidate once there are as many as wanted. Compiled at the baseline;
// all long loops are steps.
#include "candidates.h"

#include "key-search.h"

namespace sluice {
namespace {

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
  const int32_t limit = find_limit(steps, search, least_of(all->keys, all->count),
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

int32_t lower_of(int32_t a, int32_t b) { return a < b ? a : b; }

}  // namespace

void find_candidates(const AssignKernels& kernels, const Estimation& estimation,
                     size_t candidates_max, float slack, Candidates* out) {
  const AssignSteps& steps = kernels.assign;
  const size_t bytes = block_bytes(estimation.code_dimension);
  alignas(64) float estimates[kCandidatesChunk];
  alignas(64) int32_t keys[kCandidatesChunk];
  alignas(64) int32_t minima[kKeyRun];
  uint32_t places[kCandidatesChunk + 16];
  int32_t best = kInfiniteKey;
  int32_t limit = kInfiniteKey;
  out->count = 0;
  for (size_t base = 0; base < estimation.centroid_count; base += kCandidatesChunk) {
    const size_t left = estimation.centroid_count - base;
    const size_t count = left < kCandidatesChunk ? left : kCandidatesChunk;
    const size_t length = (count + kKeyRun - 1) / kKeyRun * kKeyRun;
    // SAFETY: there are blocks for all centroids, and a chunk has room for whole runs.
    kernels.scans.estimates(estimation.tables, estimation.code_dimension,
                            estimation.blocks + base / kBlockRows * bytes,
                            (count + kBlockRows - 1) / kBlockRows, estimation.bound, estimates);
    for (size_t i = count; i < length; i++) estimates[i] = 0.0f;
    steps.keys(estimates, count, keys, minima);
    best = lower_of(best, least_of(minima, kKeyRun));
    limit = lower_of(limit, key_of(value_of(best) + slack));
    if (steps.count(keys, length, limit) > 2 * candidates_max) {
      const bool few = 2 * candidates_max <= kKeyRun;
      const KeySearch search = {few ? minima : keys, few ? kKeyRun : length, candidates_max,
                             2 * candidates_max};
      limit = lower_of(limit, find_limit(steps, search, best, largest_of(minima, kKeyRun)));
    }
    const size_t found = steps.collect(keys, length, limit, places);
    // SAFETY: at most kCandidatesMax candidates are left from before, and found <= count.
    for (size_t i = 0; i < found; i++) {
      out->numbers[out->count] = static_cast<uint32_t>(base) + places[i];
      out->keys[out->count++] = keys[places[i]];
    }
    if (out->count > candidates_max) {
      limit = lower_of(limit, keep_best(steps, candidates_max, out));
    }
  }
  drop_above(limit, out);
}

}  // namespace sluice

#include "near-blocks.h"

#include <cmath>

namespace sluice {
namespace {

// Read once: another thread may write to it.
size_t read_start(const CentroidGroups& groups, size_t group) {
  return __atomic_load_n(&groups.starts[group], __ATOMIC_RELAXED);
}

uint32_t blocks_for(size_t centroid_count) {
  return static_cast<uint32_t>((centroid_count + kBlockRows - 1) / kBlockRows);
}

}  // namespace

size_t find_near_blocks(const AssignKernels& kernels, const Estimation& row,
                        const CentroidGroups& groups, Candidates* nearest, BlockRun* runs) {
  const BlockRun all = {0, blocks_for(groups.count)};
  Estimation ranking = row;
  ranking.blocks = groups.blocks;
  ranking.centroid_count = groups.count;
  ranking.runs = &all;
  ranking.run_count = 1;
  find_candidates(kernels, ranking, groups.beam, INFINITY, nearest);
  size_t run_count = 0;
  uint32_t done = 0;
  // SAFETY: groups are below `count`, in the order of their numbers, and at most kBeamMax. Whatever
  // the starts, no run is empty, or is before another one's end, or goes past the last block.
  for (size_t i = 0; i < nearest->count; i++) {
    const size_t start = read_start(groups, nearest->numbers[i]);
    const size_t end = read_start(groups, nearest->numbers[i] + 1);
    const uint32_t first = static_cast<uint32_t>(start / kBlockRows);
    const uint32_t from = first > done ? first : done;
    const uint32_t to = blocks_for(end < row.centroid_count ? end : row.centroid_count);
    if (from >= to) continue;
    runs[run_count++] = {from, to};
    done = to;
  }
  // Only where starts changed under our hands.
  if (run_count == 0) runs[run_count++] = {0, 1};
  return run_count;
}

}  // namespace sluice

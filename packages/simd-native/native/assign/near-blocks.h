// The blocks of centroids near a row, where centroids are in groups.
#ifndef SLUICE_NEAR_BLOCKS_H
#define SLUICE_NEAR_BLOCKS_H

#include "candidates.h"

namespace sluice {

// The blocks that hold a member of the `beam` groups with the best estimates, in order and each
// once; gives how many runs they are, one at least and at most kBeamMax. `row` is an estimation
// over all centroids; `nearest` is room to work in.
size_t find_near_blocks(const AssignKernels& kernels, const Estimation& row,
                        const CentroidGroups& groups, Candidates* nearest, BlockRun* runs);

}  // namespace sluice

#endif

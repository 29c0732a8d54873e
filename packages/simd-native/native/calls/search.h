// A whole query over an index as JavaScript calls it, for addon.cc. The kernel table is the data
// the function was created with.
#ifndef SLUICE_CALLS_SEARCH_H
#define SLUICE_CALLS_SEARCH_H

#include <node_api.h>

namespace sluice {

// searchLists(metric, dtype, dimension, mean, signs, query, segments, rowsPerSegment, firstRow,
// rowCount, mask, centroids, blocks, extents, tail, looseFrom, probes, reach, eps, tailEps, k,
// distanceMax, distances, heapRows, count, outcome) -> the heap's new count; outcome is lists,
// scanned, compared and keysAreDistances, 0 or 1
napi_value call_search_lists(napi_env env, napi_callback_info info);

}  // namespace sluice

#endif

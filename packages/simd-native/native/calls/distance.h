// The distance functions as JavaScript calls them, for addon.cc. The kernel table is the data they
// were created with.
#ifndef SLUICE_CALLS_DISTANCE_H
#define SLUICE_CALLS_DISTANCE_H

#include <node_api.h>

namespace sluice {

// distances(metric, dtype, dimension, query, rows, rowIds, out)
napi_value call_distances(napi_env env, napi_callback_info info);

// distancesRange(metric, dtype, dimension, query, rows, from, out)
napi_value call_distances_range(napi_env env, napi_callback_info info);

// nearest(metric, dtype, dimension, query, rows, from, to, rowBase, mask, k, distanceMax,
// distances, heapRows, count) -> the heap's new count
napi_value call_nearest(napi_env env, napi_callback_info info);

}  // namespace sluice

#endif

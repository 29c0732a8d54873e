// The functions that find the lists of rows, as JavaScript calls them, for addon.cc. The kernel
// table is the data they were created with.
#ifndef SLUICE_CALLS_ASSIGN_H
#define SLUICE_CALLS_ASSIGN_H

#include <node_api.h>

namespace sluice {

// assign(metric, dtype, dimension, mean, signs, rows, centroids, blocks, groupBlocks, starts, beam,
// candidatesMax, margin, listsPerRow, lists)
napi_value call_assign(napi_env env, napi_callback_info info);

// accumulateMeans(metric, dtype, dimension, mean, signs, rows, lists, sums, counts)
napi_value call_accumulate_means(napi_env env, napi_callback_info info);

}  // namespace sluice

#endif

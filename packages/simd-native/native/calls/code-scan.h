// The scans of 1-bit codes as JavaScript calls them, for addon.cc. The kernel table is the data
// they were created with.
#ifndef SLUICE_CALLS_CODE_SCAN_H
#define SLUICE_CALLS_CODE_SCAN_H

#include <node_api.h>

namespace sluice {

// scanSums(codeDimension, tables, blocks, from, to, out)
napi_value call_scan_sums(napi_env env, napi_callback_info info);

// scanBlocks(codeDimension, tables, blocks, from, to, scale, bias, weight, threshold, rows, bounds,
// state) -> the block to go on with; state[0] is the number of survivors, in and out
napi_value call_scan_blocks(napi_env env, napi_callback_info info);

}  // namespace sluice

#endif

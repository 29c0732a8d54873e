// Rows copied together, as JavaScript calls it.
#ifndef SLUICE_CALLS_GATHER_H
#define SLUICE_CALLS_GATHER_H

#include <node_api.h>

namespace sluice {

// gatherRows(segments, rowsPerSegment, rows, stride, target)
napi_value call_gather_rows(napi_env env, napi_callback_info info);

}  // namespace sluice

#endif

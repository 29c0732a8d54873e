// The functions that rows pass on their way in, as JavaScript calls them, for addon.cc. The kernel
// table is the data they were created with.
#ifndef SLUICE_CALLS_INGEST_H
#define SLUICE_CALLS_INGEST_H

#include <node_api.h>

namespace sluice {

// crc32c(bytes, seed) -> number
napi_value call_crc32c(napi_env env, napi_callback_info info);

// ingest(dtype, dimension, source, target, rowCount, crc) -> crc, or -1 - firstBadRow
napi_value call_ingest(napi_env env, napi_callback_info info);

}  // namespace sluice

#endif

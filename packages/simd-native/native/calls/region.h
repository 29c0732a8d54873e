// Regions, as JavaScript calls them.
#ifndef SLUICE_CALLS_REGION_H
#define SLUICE_CALLS_REGION_H

#include <node_api.h>

namespace sluice {

// regionOpen(bytes) -> handle
napi_value call_region_open(napi_env env, napi_callback_info info);
// regionClose(handle)
napi_value call_region_close(napi_env env, napi_callback_info info);
// regionRead(handle, offset, target)
napi_value call_region_read(napi_env env, napi_callback_info info);

}  // namespace sluice

#endif

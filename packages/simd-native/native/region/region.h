// Memory that JavaScript registered, by handle: the table of one Node environment (a thread that
// runs JavaScript). A handle is a slot and its generation; a slot that was closed gets the next
// generation, and is never used again once it had them all, so a stale handle never finds memory
// that is not its own. Generations start at 1: no handle is 0.
#ifndef SLUICE_REGION_REGION_H
#define SLUICE_REGION_REGION_H

#include <node_api.h>

#include "../calls/arguments.h"

namespace sluice {

// Makes the table of an environment, to be called once when the module is loaded into it; the
// environment frees it when it ends.
bool init_regions(napi_env env);

// Registers the memory of a Uint8Array, which is held until the region is closed. False when there
// is no handle, or no memory, for one more.
bool open_region(napi_env env, napi_value bytes, uint32_t* handle);

// False when the handle names no open region.
bool close_region(napi_env env, uint32_t handle);

// The memory of an open region, as long as it was when it was registered. False when the handle
// names none, or the memory was detached or has shrunk since. Good until JavaScript runs again.
// Throws nothing; needs a handle scope, as every call from JavaScript has one.
bool find_region(napi_env env, uint32_t handle, Span* out);

// Whether the memory of a typed array is shared: it then never moves, shrinks or detaches.
bool is_shared_memory(napi_env env, napi_value bytes, bool* out);

}  // namespace sluice

#endif

// Advice about pages, as JavaScript calls it.
#ifndef SLUICE_CALLS_MEMORY_H
#define SLUICE_CALLS_MEMORY_H

#include <node_api.h>

namespace sluice {

// adviseHugePages(bytes) -> boolean
napi_value call_advise_huge_pages(napi_env env, napi_callback_info info);
// prefaultStep(bytes, from, to) -> Promise for shared memory; undefined, and done, for other memory
napi_value call_prefault_step(napi_env env, napi_callback_info info);
// collapseStep(bytes, from, to) -> Promise for shared memory; undefined for other memory, which is
// left alone
napi_value call_collapse_step(napi_env env, napi_callback_info info);
// addressOffset(bytes, alignment) -> bytes
napi_value call_address_offset(napi_env env, napi_callback_info info);

}  // namespace sluice

#endif

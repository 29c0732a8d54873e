// The functions that make codes and tables, as JavaScript calls them, for addon.cc. The kernel
// table is the data they were created with. Arrays that are written must not overlap others.
#ifndef SLUICE_CALLS_ENCODE_H
#define SLUICE_CALLS_ENCODE_H

#include <node_api.h>

namespace sluice {

// encode(metric, dtype, dimension, mean, signs, rows, rowBase, blocks)
napi_value call_encode(napi_env env, napi_callback_info info);

// packBlock(codes, block)
napi_value call_pack_block(napi_env env, napi_callback_info info);

// buildTables(metric, dtype, dimension, mean, signs, query, tables, terms), where terms are scale,
// bias, norm and constant
napi_value call_build_tables(napi_env env, napi_callback_info info);

}  // namespace sluice

#endif

// The module: `kernels(name)` gives the functions of one instruction set, or throws when this CPU
// lacks it. Every argument is checked before the first byte is read or written; all arrays are
// read first, because reading an argument never runs JavaScript that could detach one.
#include <node_api.h>

#include <cstring>

#include "calls/arguments.h"
#include "calls/assign.h"
#include "calls/code-scan.h"
#include "calls/distance.h"
#include "calls/encode.h"
#include "calls/gather.h"
#include "calls/ingest.h"
#include "calls/memory.h"
#include "calls/region.h"
#include "calls/search.h"
#include "kernels.h"
#include "region/region.h"

namespace sluice {
namespace {

struct Function {
  const char* name;
  napi_callback callback;
};

constexpr Function kFunctions[] = {
    {"crc32c", call_crc32c},
    {"ingest", call_ingest},
    {"distances", call_distances},
    {"distancesRange", call_distances_range},
    {"nearest", call_nearest},
    {"scanSums", call_scan_sums},
    {"scanBlocks", call_scan_blocks},
    {"assign", call_assign},
    {"accumulateMeans", call_accumulate_means},
    {"searchLists", call_search_lists},
    {"regionOpen", call_region_open},
    {"regionClose", call_region_close},
    {"regionRead", call_region_read},
    {"gatherRows", call_gather_rows},
    {"adviseHugePages", call_advise_huge_pages},
    {"prefaultStep", call_prefault_step},
    {"collapseStep", call_collapse_step},
    {"addressOffset", call_address_offset},
    {"encode", call_encode},
    {"packBlock", call_pack_block},
    {"buildTables", call_build_tables},
};

bool add_function(napi_env env, napi_value object, const char* name, napi_callback callback,
                  const Kernels* kernels) {
  napi_value function;
  // SAFETY: the table is constant and static; it is only ever read.
  void* data = const_cast<Kernels*>(kernels);
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function) == napi_ok &&
         napi_set_named_property(env, object, name, function) == napi_ok;
}

// kernels(name) -> { isa, distances?, ... }; name is "" for the best.
napi_value call_kernels(napi_env env, napi_callback_info info) {
  Arguments arguments;
  char name[16];
  size_t length = 0;
  if (!read_arguments(env, info, 1, &arguments)) return nullptr;
  if (napi_get_value_string_utf8(env, arguments.values[0], name, sizeof(name), &length) !=
      napi_ok) {
    reject(env, "name must be a string");
    return nullptr;
  }
  const Kernels* kernels = kernels_for(name);
  if (kernels == nullptr) {
    reject(env, "this CPU has no such instruction set");
    return nullptr;
  }
  napi_value object;
  napi_value isa;
  bool made =
      napi_create_object(env, &object) == napi_ok &&
      napi_create_string_utf8(env, kernels->isa, NAPI_AUTO_LENGTH, &isa) == napi_ok &&
      napi_set_named_property(env, object, "isa", isa) == napi_ok;
  for (const Function& function : kFunctions) {
    made = made && add_function(env, object, function.name, function.callback, kernels);
  }
  return made ? object : nullptr;
}

}  // namespace
}  // namespace sluice

NAPI_MODULE_INIT() {
  const bool made = sluice::init_regions(env) &&
                    sluice::add_function(env, exports, "kernels", sluice::call_kernels, nullptr);
  return made ? exports : nullptr;
}

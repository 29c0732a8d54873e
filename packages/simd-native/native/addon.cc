// The module: `kernels(name)` gives the functions of one instruction set, or throws when this CPU
// lacks it. Every argument is checked before the first byte is read or written; all arrays are
// read first, because reading an argument never runs JavaScript that could detach one.
#include <node_api.h>

#include <cstring>

#include "arguments.h"
#include "distance/distance.h"
#include "ingest/ingest.h"
#include "kernels.h"
#include "scan-calls.h"

namespace sluice {
namespace {

constexpr uint64_t kUint32Max = 0xffffffffu;

const uint8_t* bytes_of(const Span& span) { return static_cast<const uint8_t*>(span.data); }

napi_value number(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

// crc32c(bytes, seed) -> number
napi_value call_crc32c(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Span bytes;
  uint64_t seed;
  if (!read_arguments(env, info, 2, &arguments) ||
      !read_array(arguments, 0, "bytes", napi_uint8_array, &bytes) ||
      !read_integer(arguments, 1, "seed", 0, kUint32Max, &seed)) {
    return nullptr;
  }
  const Kernels* kernels = static_cast<const Kernels*>(arguments.table);
  return number(env, kernels->crc32c(static_cast<uint32_t>(seed), bytes_of(bytes), bytes.length));
}

// ingest(dtypeCode, dimension, source, target, rowCount, crc) -> crc, or -1 - firstBadRow
napi_value call_ingest(napi_env env, napi_callback_info info) {
  Arguments arguments;
  uint64_t code;
  uint64_t dimension;
  uint64_t rows;
  uint64_t crc;
  Span source;
  Span target;
  if (!read_arguments(env, info, 6, &arguments) ||
      !read_integer(arguments, 0, "dtype code", 0, kUint32Max, &code) ||
      !read_integer(arguments, 1, "dimension", 1, kDimensionMax, &dimension) ||
      !read_array(arguments, 2, "source", napi_uint8_array, &source) ||
      !read_array(arguments, 3, "target", napi_uint8_array, &target) ||
      !read_integer(arguments, 4, "rowCount", 0, kUint32Max, &rows) ||
      !read_integer(arguments, 5, "crc", 0, kUint32Max, &crc)) {
    return nullptr;
  }
  Layout layout;
  if (!layout_of(static_cast<uint32_t>(code), dimension, &layout)) {
    reject(env, "dtype code is unknown");
    return nullptr;
  }
  const size_t length = rows * layout.element_bytes * layout.elements_per_row;
  if (source.length != length || target.length != length) {
    reject(env, "source and target must hold rowCount rows each");
    return nullptr;
  }
  const uintptr_t from = reinterpret_cast<uintptr_t>(source.data);
  const uintptr_t to = reinterpret_cast<uintptr_t>(target.data);
  if (from != to && from < to + length && to < from + length) {
    reject(env, "source and target must be the same bytes or not overlap at all");
    return nullptr;
  }
  // SAFETY: both arrays hold `length` bytes and do not overlap partly.
  const Ingested result =
      ingest_rows(*static_cast<const Kernels*>(arguments.table), layout, bytes_of(source),
                  static_cast<uint8_t*>(target.data), rows, static_cast<uint32_t>(crc));
  const bool good = result.first_bad_row < 0;
  return number(env, good ? result.crc : -1.0 - static_cast<double>(result.first_bad_row));
}

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
  const bool made =
      napi_create_object(env, &object) == napi_ok &&
      napi_create_string_utf8(env, kernels->isa, NAPI_AUTO_LENGTH, &isa) == napi_ok &&
      napi_set_named_property(env, object, "isa", isa) == napi_ok &&
      add_function(env, object, "crc32c", call_crc32c, kernels) &&
      add_function(env, object, "ingest", call_ingest, kernels) &&
      add_function(env, object, "distances", call_distances, kernels) &&
      add_function(env, object, "distancesRange", call_distances_range, kernels) &&
      add_function(env, object, "nearest", call_nearest, kernels);
  return made ? object : nullptr;
}

}  // namespace
}  // namespace sluice

NAPI_MODULE_INIT() {
  return sluice::add_function(env, exports, "kernels", sluice::call_kernels, nullptr) ? exports
                                                                                      : nullptr;
}

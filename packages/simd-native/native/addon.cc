// The module: `kernels(name)` gives the functions of one instruction set, or throws when this CPU
// lacks it. Every argument is checked before the first byte is read or written; all arrays are
// read first, because reading an argument never runs JavaScript that could detach one.
#include <node_api.h>

#include <cstring>

#include "arguments.h"
#include "distance/scan.h"
#include "ingest/ingest.h"
#include "kernels.h"

namespace sluice {
namespace {

constexpr uint64_t kUint32Max = 0xffffffffu;
constexpr uint64_t kSafeIntegerMax = 9007199254740991u;
constexpr uint64_t kDimensionMax = 4096;
constexpr size_t kPrefetchRows = 4;

// What the three distance functions share: metric, elements, query, rows.
struct Scan {
  Query query;
  const uint8_t* rows;
  size_t stride;
  size_t row_count;
};

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

bool read_scan(const Arguments& arguments, Scan* scan) {
  uint64_t metric;
  uint64_t elements;
  Span query;
  Span rows;
  const Kernels* kernels = static_cast<const Kernels*>(arguments.table);
  if (kernels->dot_float32 == nullptr) {
    return reject(arguments.env, "this instruction set has no distance kernels");
  }
  if (!read_integer(arguments, 0, "metric code", 0, 2, &metric) ||
      !read_integer(arguments, 1, "elements", 1, kElementsMax, &elements) ||
      !read_array(arguments, 2, "query", napi_uint8_array, &query) ||
      !read_array(arguments, 3, "rows", napi_uint8_array, &rows)) {
    return false;
  }
  scan->stride = elements * sizeof(float);
  if (query.length != scan->stride) {
    return reject(arguments.env, "query must hold exactly one row");
  }
  scan->rows = bytes_of(rows);
  scan->row_count = rows.length / scan->stride;
  prepare_query(&scan->query, kernels, static_cast<Metric>(metric), bytes_of(query), elements);
  return true;
}

// distances(metric, elements, query, rows, rowIds, out)
napi_value call_distances(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Scan scan;
  Span ids;
  Span out;
  if (!read_arguments(env, info, 6, &arguments) || !read_scan(arguments, &scan) ||
      !read_array(arguments, 4, "rowIds", napi_uint32_array, &ids) ||
      !read_array(arguments, 5, "out", napi_float64_array, &out)) {
    return nullptr;
  }
  if (out.length < ids.length) {
    reject(env, "out must be as long as rowIds");
    return nullptr;
  }
  const uint32_t* row_ids = static_cast<const uint32_t*>(ids.data);
  double* results = static_cast<double*>(out.data);
  // SAFETY: i < ids.length <= out.length in both loops; every id is checked before any is used.
  for (size_t i = 0; i < ids.length; i++) {
    if (row_ids[i] >= scan.row_count) {
      reject(env, "rowIds names a row that is not there");
      return nullptr;
    }
  }
  for (size_t i = 0; i < ids.length; i++) {
    if (i + kPrefetchRows < ids.length) {
      prefetch_row(scan.query, scan.rows + row_ids[i + kPrefetchRows] * scan.stride);
    }
    results[i] = row_distance(scan.query, scan.rows + row_ids[i] * scan.stride);
  }
  return nullptr;
}

// distancesRange(metric, elements, query, rows, from, out)
napi_value call_distances_range(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Scan scan;
  uint64_t from;
  Span out;
  if (!read_arguments(env, info, 6, &arguments) || !read_scan(arguments, &scan) ||
      !read_integer(arguments, 4, "from", 0, scan.row_count, &from) ||
      !read_array(arguments, 5, "out", napi_float64_array, &out)) {
    return nullptr;
  }
  if (out.length > scan.row_count - from) {
    reject(env, "out reaches past the last row");
    return nullptr;
  }
  double* results = static_cast<double*>(out.data);
  // SAFETY: from + i < row_count, and i < out.length.
  for (size_t i = 0; i < out.length; i++) {
    results[i] = row_distance(scan.query, scan.rows + (from + i) * scan.stride);
  }
  return nullptr;
}

// Arguments 8 to 12 of nearest: k, distanceMax, distances, rows, count.
bool read_heap(const Arguments& arguments, Heap* heap) {
  Span distances;
  Span rows;
  uint64_t k;
  uint64_t count;
  if (!read_number(arguments, 9, "heap.distanceMax", &heap->distance_max) ||
      !read_array(arguments, 10, "heap.distances", napi_float64_array, &distances) ||
      !read_array(arguments, 11, "heap.rows", napi_uint32_array, &rows)) {
    return false;
  }
  const size_t k_max = distances.length < rows.length ? distances.length : rows.length;
  if (!read_integer(arguments, 8, "heap.k", 1, k_max, &k) ||
      !read_integer(arguments, 12, "heap.count", 0, k, &count)) {
    return false;
  }
  heap->k = k;
  heap->count = count;
  heap->distances = static_cast<double*>(distances.data);
  heap->rows = static_cast<uint32_t*>(rows.data);
  return true;
}

// nearest(metric, elements, query, rows, from, to, rowBase, mask, k, distanceMax, distances, rows,
// count) -> count
napi_value call_nearest(napi_env env, napi_callback_info info) {
  Arguments arguments;
  Scan scan;
  Heap heap;
  Span mask;
  uint64_t from;
  uint64_t to;
  uint64_t row_base;
  if (!read_arguments(env, info, 13, &arguments) || !read_scan(arguments, &scan) ||
      !read_integer(arguments, 4, "from", 0, scan.row_count, &from) ||
      !read_integer(arguments, 5, "to", from, scan.row_count, &to) ||
      !read_integer(arguments, 6, "rowBase", 0, kUint32Max, &row_base) ||
      !read_optional_array(arguments, 7, "mask", napi_uint32_array, &mask) ||
      !read_heap(arguments, &heap)) {
    return nullptr;
  }
  if (row_base + to > kUint32Max + 1) {
    reject(env, "rowBase + to must be at most 2^32");
    return nullptr;
  }
  napi_valuetype mask_kind;
  napi_typeof(env, arguments.values[7], &mask_kind);
  const bool masked = mask_kind != napi_undefined;
  if (masked && mask.length < (to + 31) / 32) {
    reject(env, "mask must have a bit for every row");
    return nullptr;
  }
  const uint32_t* words = static_cast<const uint32_t*>(mask.data);
  // SAFETY: row < to <= row_count, and the mask has (to + 31) / 32 words or more.
  for (size_t row = from; row < to; row++) {
    if (masked && ((words[row / 32] >> (row % 32)) & 1u) == 0) continue;
    const double distance = row_distance(scan.query, scan.rows + row * scan.stride);
    offer(&heap, distance, static_cast<uint32_t>(row_base + row));
  }
  return number(env, static_cast<double>(heap.count));
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
  napi_value scans;
  const bool made =
      napi_create_object(env, &object) == napi_ok &&
      napi_create_string_utf8(env, kernels->isa, NAPI_AUTO_LENGTH, &isa) == napi_ok &&
      napi_set_named_property(env, object, "isa", isa) == napi_ok &&
      napi_get_boolean(env, kernels->dot_float32 != nullptr, &scans) == napi_ok &&
      napi_set_named_property(env, object, "scansFloat32", scans) == napi_ok &&
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

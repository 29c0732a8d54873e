#include "competition.h"

namespace sluice {

bool read_heap(const Arguments& arguments, size_t first, Heap* heap) {
  Span distances;
  Span rows;
  uint64_t k;
  uint64_t count;
  if (!read_number(arguments, first + 1, "heap.distanceMax", &heap->distance_max) ||
      !read_array(arguments, first + 2, "heap.distances", napi_float64_array, &distances) ||
      !read_array(arguments, first + 3, "heap.rows", napi_uint32_array, &rows)) {
    return false;
  }
  const size_t k_max = distances.length < rows.length ? distances.length : rows.length;
  if (!read_integer(arguments, first, "heap.k", 1, k_max, &k) ||
      !read_integer(arguments, first + 4, "heap.count", 0, k, &count)) {
    return false;
  }
  heap->k = k;
  heap->count = count;
  heap->distances = static_cast<double*>(distances.data);
  heap->rows = static_cast<uint32_t*>(rows.data);
  return true;
}

bool read_mask(const Arguments& arguments, size_t index, size_t row_count, const uint32_t** mask) {
  Span words;
  napi_valuetype kind = napi_undefined;
  if (!read_optional_array(arguments, index, "mask", napi_uint32_array, &words)) return false;
  napi_typeof(arguments.env, arguments.values[index], &kind);
  *mask = nullptr;
  if (kind == napi_undefined) return true;
  // A bit for every row.
  if (!check_min(arguments, "mask.length", words.length, (row_count + 31) / 32)) return false;
  // SAFETY: an empty mask, of no rows, may have no memory; nothing is read from it.
  *mask = static_cast<const uint32_t*>(words.data);
  return true;
}

}  // namespace sluice

// Reads and checks the arguments of the distance functions. All of them are checked before the
// first row is read or a result written; reading them never runs JavaScript that could detach one.
#include "distance.h"

#include "../distance/scan.h"
#include "competition.h"
#include "shape.h"

namespace sluice {
namespace {

// metric, dtype, dimension, query, rows: what the three functions share.
constexpr size_t kSharedArguments = 5;

bool read_scan(const Arguments& arguments, PreparedQuery* query, Rows* rows) {
  Shape shape;
  Span query_bytes;
  Span row_bytes;
  if (!read_shape(arguments, &shape) ||
      !read_array(arguments, 3, "query", napi_uint8_array, &query_bytes) ||
      !read_array(arguments, 4, "rows", napi_uint8_array, &row_bytes) ||
      !check_equal(arguments, "query.byteLength", query_bytes.length, shape.stride)) {
    return false;
  }
  describe_query(static_cast<const Kernels*>(arguments.table), shape.dtype, shape.metric,
                 shape.dimension, query);
  // SAFETY: the query's bytes are those of one row.
  read_query(static_cast<const uint8_t*>(query_bytes.data), query);
  *rows = {static_cast<const uint8_t*>(row_bytes.data), row_bytes.length / shape.stride};
  return true;
}

// Four arguments from `first` on: from, to, rowBase, mask.
bool read_range(const Arguments& arguments, size_t first, size_t row_count, Range* range) {
  uint64_t from;
  uint64_t to;
  uint64_t row_base;
  const uint32_t* mask;
  if (!read_integer(arguments, first, "from", 0, row_count, &from) ||
      !read_integer(arguments, first + 1, "to", from, row_count, &to) ||
      !read_integer(arguments, first + 2, "rowBase", 0, kUint32Max, &row_base) ||
      !read_mask(arguments, first + 3, to, &mask)) {
    return false;
  }
  if (row_base + to > kUint32Max + 1) {
    return reject(arguments.env, "rowBase + to must be at most 2^32, not %llu",
                  static_cast<unsigned long long>(row_base + to));
  }
  *range = {from, to, row_base, mask};
  return true;
}

}  // namespace

napi_value call_distances(napi_env env, napi_callback_info info) {
  Arguments arguments;
  PreparedQuery query;
  Rows rows;
  Span ids;
  Span out;
  if (!read_arguments(env, info, kSharedArguments + 2, &arguments) ||
      !read_scan(arguments, &query, &rows) ||
      !read_array(arguments, kSharedArguments, "rowIds", napi_uint32_array, &ids) ||
      !read_array(arguments, kSharedArguments + 1, "out", napi_float64_array, &out) ||
      !check_min(arguments, "out.length", out.length, ids.length)) {
    return nullptr;
  }
  if (overlap(ids.data, 4 * ids.length, out.data, 8 * out.length)) {
    reject(env, "rowIds and out must not overlap");
    return nullptr;
  }
  const uint32_t* row_ids = static_cast<const uint32_t*>(ids.data);
  // SAFETY: i < ids.length <= out.length; every id is checked before any is used.
  for (size_t i = 0; i < ids.length; i++) {
    const uint32_t id = row_ids[i];
    if (id >= rows.count) {
      reject(env, "rowIds[%zu] is %u, but there are %zu rows", i, id, rows.count);
      return nullptr;
    }
  }
  scan_chosen(query, rows, row_ids, ids.length, static_cast<double*>(out.data));
  return nullptr;
}

napi_value call_distances_range(napi_env env, napi_callback_info info) {
  Arguments arguments;
  PreparedQuery query;
  Rows rows;
  uint64_t from;
  Span out;
  if (!read_arguments(env, info, kSharedArguments + 2, &arguments) ||
      !read_scan(arguments, &query, &rows) ||
      !read_integer(arguments, kSharedArguments, "from", 0, rows.count, &from) ||
      !read_array(arguments, kSharedArguments + 1, "out", napi_float64_array, &out)) {
    return nullptr;
  }
  if (out.length > rows.count - from) {
    reject(env, "from + out.length must be at most %zu, not %llu", rows.count,
           static_cast<unsigned long long>(from + out.length));
    return nullptr;
  }
  // SAFETY: from + out.length <= rows.count.
  scan_run(query, rows, from, out.length, static_cast<double*>(out.data));
  return nullptr;
}

napi_value call_nearest(napi_env env, napi_callback_info info) {
  Arguments arguments;
  PreparedQuery query;
  Rows rows;
  Range range;
  Heap heap;
  if (!read_arguments(env, info, kSharedArguments + 9, &arguments) ||
      !read_scan(arguments, &query, &rows) ||
      !read_range(arguments, kSharedArguments, rows.count, &range) ||
      !read_heap(arguments, kSharedArguments + 4, &heap)) {
    return nullptr;
  }
  // SAFETY: range.to <= rows.count, the mask covers it, and the heap's arrays hold k entries.
  scan_nearest(query, rows, range, &heap);
  return number(env, static_cast<double>(heap.count));
}

}  // namespace sluice

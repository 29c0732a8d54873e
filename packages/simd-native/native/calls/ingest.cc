// The functions that rows pass on their way in, as JavaScript calls them.
#include "ingest.h"

#include "../ingest/ingest.h"
#include "../distance/distance.h"
#include "shape.h"

namespace sluice {
namespace {

const uint8_t* bytes_of(const Span& span) { return static_cast<const uint8_t*>(span.data); }

}  // namespace

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
    reject_dtype(env, code);
    return nullptr;
  }
  const size_t length = rows * layout.element_bytes * layout.elements_per_row;
  if (!check_equal(arguments, "source.byteLength", source.length, length) ||
      !check_equal(arguments, "target.byteLength", target.length, length)) {
    return nullptr;
  }
  if (source.data != target.data &&
      overlap(source.data, source.length, target.data, target.length)) {
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

}  // namespace sluice

#include "space.h"

#include "../distance/query.h"

namespace sluice {

bool read_space(const Arguments& arguments, Space* out) {
  uint64_t metric;
  uint64_t dtype;
  uint64_t dimension;
  Span mean;
  Span signs;
  if (!read_integer(arguments, 0, "metric code", 0, 3, &metric) ||
      !read_integer(arguments, 1, "dtype code", 0, kUint32Max, &dtype) ||
      !read_integer(arguments, 2, "dimension", 1, kDimensionMax, &dimension) ||
      !read_array(arguments, 3, "mean", napi_float32_array, &mean) ||
      !read_array(arguments, 4, "signs", napi_float32_array, &signs)) {
    return false;
  }
  if (stride_of(static_cast<uint32_t>(dtype), dimension) == 0) {
    return reject(arguments.env, "dtype code is unknown");
  }
  if (!metric_fits(static_cast<Metric>(metric), static_cast<uint32_t>(dtype))) {
    return reject(arguments.env, "metric does not go with dtype");
  }
  describe_space(static_cast<uint32_t>(dtype), static_cast<Metric>(metric), dimension, out);
  if (mean.length != out->elements) {
    return reject(arguments.env, "mean must have a number for each of a row");
  }
  if (signs.length != 2 * out->code_dimension) {
    return reject(arguments.env, "signs must have two numbers for each code dimension");
  }
  out->mean = static_cast<const float*>(mean.data);
  out->signs = static_cast<const float*>(signs.data);
  return true;
}

bool read_rows(const Arguments& arguments, size_t index, const Space& space, const uint8_t** rows,
               size_t* count) {
  Span bytes;
  if (!read_array(arguments, index, "rows", napi_uint8_array, &bytes)) return false;
  if (bytes.length % space.stride != 0) {
    return reject(arguments.env, "rows must hold whole rows");
  }
  *rows = static_cast<const uint8_t*>(bytes.data);
  *count = bytes.length / space.stride;
  return true;
}

bool overlaps_space(const Space& space, const void* data, size_t length) {
  return overlap(data, length, space.mean, space.elements * sizeof(float)) ||
         overlap(data, length, space.signs, 2 * space.code_dimension * sizeof(float));
}

}  // namespace sluice

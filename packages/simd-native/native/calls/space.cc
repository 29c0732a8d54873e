#include "space.h"

#include "shape.h"

namespace sluice {

bool read_space(const Arguments& arguments, Space* out) {
  Shape shape;
  Span mean;
  Span signs;
  if (!read_shape(arguments, &shape) ||
      !read_array(arguments, 3, "mean", napi_float32_array, &mean) ||
      !read_array(arguments, 4, "signs", napi_float32_array, &signs)) {
    return false;
  }
  describe_space(shape.dtype, shape.metric, shape.dimension, out);
  if (!check_equal(arguments, "mean.length", mean.length, out->elements) ||
      !check_equal(arguments, "signs.length", signs.length, 2 * out->code_dimension)) {
    return false;
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
    return reject(arguments.env, "rows must hold whole rows of %zu bytes, not %zu bytes",
                  space.stride, bytes.length);
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

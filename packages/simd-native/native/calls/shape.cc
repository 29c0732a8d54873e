#include "shape.h"

#include "../distance/query.h"

namespace sluice {
namespace {

// By stable code, as metric.ts and dtype.ts name them.
constexpr const char* kMetricNames[] = {"cosine", "dot", "l2", "hamming"};
constexpr const char* kDtypeNames[] = {"float64", "float32", "float16",    "bfloat16",  "int64",
                                       "uint64",  "int32",   "uint32",     "int16",     "uint16",
                                       "int8",    "uint8",   "complex128", "complex64", "bit"};

constexpr uint64_t kMetricCodeMax = sizeof(kMetricNames) / sizeof(kMetricNames[0]) - 1;
constexpr uint64_t kDtypeCodeMax = sizeof(kDtypeNames) / sizeof(kDtypeNames[0]) - 1;

}  // namespace

bool reject_dtype(napi_env env, uint64_t code) {
  return reject(env, "dtype code %llu is unknown", static_cast<unsigned long long>(code));
}

bool read_shape(const Arguments& arguments, Shape* out) {
  uint64_t metric;
  uint64_t dtype;
  uint64_t dimension;
  if (!read_integer(arguments, 0, "metric code", 0, kMetricCodeMax, &metric) ||
      !read_integer(arguments, 1, "dtype code", 0, kUint32Max, &dtype) ||
      !read_integer(arguments, 2, "dimension", 1, kDimensionMax, &dimension)) {
    return false;
  }
  *out = {static_cast<Metric>(metric), static_cast<uint32_t>(dtype), dimension, 0};
  out->stride = stride_of(out->dtype, dimension);
  if (out->stride == 0 || dtype > kDtypeCodeMax) return reject_dtype(arguments.env, dtype);
  // SAFETY: both codes have names.
  return metric_fits(out->metric, out->dtype) ||
         reject(arguments.env, "metric %s does not go with dtype %s", kMetricNames[metric],
                kDtypeNames[dtype]);
}

}  // namespace sluice

// The shape of rows and the metric that measures them, as JavaScript passes them: three arguments
// that every function over rows and queries begins with.
#ifndef SLUICE_CALLS_SHAPE_H
#define SLUICE_CALLS_SHAPE_H

#include "../distance/distance.h"
#include "arguments.h"

namespace sluice {

struct Shape {
  Metric metric;
  // Stable code (dtype.ts).
  uint32_t dtype;
  size_t dimension;
  // Bytes of a packed row.
  size_t stride;
};

// metric, dtype, dimension: arguments 0 to 2, which are known and go together.
bool read_shape(const Arguments& arguments, Shape* out);

// Rejects the code of a dtype that there is not.
bool reject_dtype(napi_env env, uint64_t code);

}  // namespace sluice

#endif

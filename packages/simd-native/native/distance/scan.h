// One query against many rows of float32. Baseline code around the kernels of a table.
#ifndef SLUICE_SCAN_H
#define SLUICE_SCAN_H

#include "../kernels.h"

namespace sluice {

// Elements of a row: 4096 dimensions, two elements each when complex.
constexpr size_t kElementsMax = 8192;

// In the order of METRICS (metric.ts).
enum class Metric : uint32_t { kCosine = 0, kDot = 1, kL2 = 2 };

// A query ready for many rows.
struct Query {
  const Kernels* kernels;
  Metric metric;
  size_t elements;
  double norm;
  double widened[kElementsMax];
};

// A max-heap over (distance, row), as nearest-heap.ts describes it.
struct Heap {
  size_t k;
  double distance_max;
  double* distances;
  uint32_t* rows;
  size_t count;
};

// `bytes` holds `elements` float32.
void prepare_query(Query* query, const Kernels* kernels, Metric metric, const uint8_t* bytes,
                   size_t elements);

// The ordering distance to one row, never NaN and never -0.
double row_distance(const Query& query, const uint8_t* row);

// Hints that a row will be read soon.
void prefetch_row(const Query& query, const uint8_t* row);

void offer(Heap* heap, double distance, uint32_t row);

}  // namespace sluice

#endif

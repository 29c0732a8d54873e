// A prepared query over many rows: chosen ones, a run, or the nearest of a run.
#ifndef SLUICE_SCAN_H
#define SLUICE_SCAN_H

#include "query.h"

namespace sluice {

// Packed rows.
struct Rows {
  const uint8_t* bytes;
  size_t count;
};

// Rows `from` to `to - 1` compete; bit i & 31 of mask[i / 32] says whether row i does, unless mask
// is null. `row_base` is added to the numbers of those that enter the heap.
struct Range {
  size_t from;
  size_t to;
  size_t row_base;
  const uint32_t* mask;
};

// A max-heap over (distance, row), as nearest-heap.ts describes it.
struct Heap {
  size_t k;
  double distance_max;
  double* distances;
  uint32_t* rows;
  size_t count;
};

// out[i] is the distance to row ids[i]; every id is below rows.count.
void scan_chosen(const PreparedQuery& query, const Rows& rows, const uint32_t* ids, size_t count,
                 double* out);

// out[i] is the distance to row from + i; from + count <= rows.count.
void scan_run(const PreparedQuery& query, const Rows& rows, size_t from, size_t count, double* out);

// Offers rows to the heap; range.to <= rows.count.
void scan_nearest(const PreparedQuery& query, const Rows& rows, const Range& range, Heap* heap);

}  // namespace sluice

#endif

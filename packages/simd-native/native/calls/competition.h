// What decides which rows are the nearest, as JavaScript passes it: the heap, and the mask of rows
// that compete.
#ifndef SLUICE_CALLS_COMPETITION_H
#define SLUICE_CALLS_COMPETITION_H

#include "../distance/scan.h"
#include "arguments.h"

namespace sluice {

// Five arguments from `first` on: k, distanceMax, distances, rows, count.
bool read_heap(const Arguments& arguments, size_t first, Heap* heap);

// A bit for each of `row_count` rows at least, or undefined, which leaves null.
bool read_mask(const Arguments& arguments, size_t index, size_t row_count, const uint32_t** mask);

}  // namespace sluice

#endif

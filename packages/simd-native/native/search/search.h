// A whole query over an index: the nearest lists, the tail and the rows without codes, all that the
// codes cannot rule out compared exactly. Baseline code around the kernels of a table.
#ifndef SLUICE_SEARCH_H
#define SLUICE_SEARCH_H

#include "../distance/scan.h"
#include "../encode/encode.h"
#include "../kernels.h"

namespace sluice {

// As RowTable in core, checked: there is a segment for every row from first_row to row_count - 1,
// with all of its rows or null, and a bit of the mask unless that is null.
struct RowTable {
  // From that of first_row on.
  const uint8_t* const* segments;
  size_t first_segment;
  size_t rows_per_segment;
  size_t first_row;
  size_t row_count;
  const uint32_t* mask;
};

// A run of whole blocks; lanes from `rows` on do not count.
struct Extent {
  const uint8_t* blocks;
  size_t rows;
  // What bounds of its rows leave out, and what errors count: both follow from what its codes are
  // centred on.
  float constant;
  float weight;
};

// Extents by number, but for constant and weight. `find` is false when there are no such blocks.
struct ExtentTable {
  size_t count;
  bool (*find)(void* context, size_t index, Extent* out);
  void* context;
};

// As CodeLists in core, checked but for its extents.
struct CodeLists {
  const float* centroids;
  const uint8_t* blocks;
  ExtentTable extents;
};

// As ListSearch in core. There may be no lists.
struct ListSearch {
  Space space;
  // Dimensions of a row.
  size_t dimension;
  const uint8_t* query;
  RowTable rows;
  CodeLists lists;
  ExtentTable tail;
  size_t loose_from;
  size_t probes;
  double reach;
  double eps;
  double tail_eps;
};

struct SearchOutcome {
  uint64_t lists;
  uint64_t scanned;
  uint64_t compared;
  // As keysAreDistances in core.
  bool keys_are_distances;
};

enum class SearchEnd { kDone, kBadExtent, kNoMemory };

// The extents of the tail and of the lists to be scanned are found before the heap changes.
SearchEnd search_lists(const Kernels& kernels, const ListSearch& search, Heap* heap,
                           SearchOutcome* outcome);

}  // namespace sluice

#endif

// Reads and checks the arguments of a query over an index; reading them never runs JavaScript. The
// extents of lists are too many to be all checked in every call: each one is before it is scanned.
#include "search.h"

#include <algorithm>
#include <cstdlib>

#include "../region/region.h"
#include "../search/search.h"
#include "competition.h"
#include "space.h"

namespace sluice {
namespace {

constexpr size_t kExtentNumbers = 3;
constexpr size_t kOutcomes = 4;
constexpr size_t kNone = SIZE_MAX;

// Where arguments are.
enum : size_t {
  kQueryAt = kSpaceArguments,
  kSegmentsAt,
  kRowsPerSegmentAt,
  kFirstRowAt,
  kRowCountAt,
  kMaskAt,
  kCentroidsAt,
  kBlocksAt,
  kExtentsAt,
  kTailAt,
  kLooseFromAt,
  kProbesAt,
  kReachAt,
  kEpsAt,
  kTailEpsAt,
  kHeapAt,
  kOutcomeAt = kHeapAt + 5,
  kArgumentCount
};
static_assert(kArgumentCount <= kArgumentsMax, "there is room for all arguments");

// An array of extents, and what finding their blocks takes.
struct Extents {
  napi_env env;
  const char* name;
  const uint32_t* numbers;
  size_t block_bytes;
  // The region of the last one: the next is likely to be in it, too.
  uint32_t handle;
  Span region;
  // The one that was not there; kNone while all were.
  size_t bad;
};

// SAFETY: numbers may be in memory that another thread writes to; each is read once.
bool find_extent(void* context, size_t index, Extent* out) {
  Extents* extents = static_cast<Extents*>(context);
  const uint32_t* const numbers = extents->numbers + index * kExtentNumbers;
  const uint32_t handle = __atomic_load_n(numbers, __ATOMIC_RELAXED);
  const uint64_t first = __atomic_load_n(numbers + 1, __ATOMIC_RELAXED);
  const uint64_t rows = __atomic_load_n(numbers + 2, __ATOMIC_RELAXED);
  *out = {nullptr, 0, 0.0f, 0.0f};
  if (rows == 0) return true;
  extents->bad = index;
  if (handle == 0) return false;
  if (handle != extents->handle) {
    extents->handle = 0;
    if (!find_region(extents->env, handle, &extents->region)) return false;
    extents->handle = handle;
  }
  const uint64_t end = first + (rows + kBlockRows - 1) / kBlockRows;
  if (end > extents->region.length / extents->block_bytes) return false;
  // SAFETY: the region has all blocks before `end`.
  out->blocks = static_cast<const uint8_t*>(extents->region.data) + first * extents->block_bytes;
  out->rows = rows;
  extents->bad = kNone;
  return true;
}

bool read_extents(const Arguments& arguments, size_t index, Extents* extents, ExtentTable* out) {
  Span span;
  if (!read_array(arguments, index, extents->name, napi_uint32_array, &span)) return false;
  if (span.length % kExtentNumbers != 0) {
    return reject(arguments.env, "%s must have three numbers for each extent, not %zu in all",
                  extents->name, span.length);
  }
  extents->env = arguments.env;
  extents->numbers = static_cast<const uint32_t*>(span.data);
  extents->handle = 0;
  extents->bad = kNone;
  *out = {span.length / kExtentNumbers, find_extent, extents};
  return true;
}

// centroids, blocks and extents: all empty where there are no lists.
bool read_lists(const Arguments& arguments, const Space& space, Extents* extents, CodeLists* out) {
  Span centroids;
  Span blocks;
  if (!read_array(arguments, kCentroidsAt, "lists.centroids", napi_float32_array, &centroids) ||
      !read_array(arguments, kBlocksAt, "lists.blocks", napi_uint8_array, &blocks) ||
      !read_extents(arguments, kExtentsAt, extents, &out->extents)) {
    return false;
  }
  const size_t count = out->extents.count;
  const size_t block_count = (count + kBlockRows - 1) / kBlockRows;
  if (count > kUint32Max) return reject(arguments.env, "there are %zu lists, too many", count);
  if (!check_equal(arguments, "lists.centroids.length", centroids.length,
                   count * space.elements) ||
      !check_equal(arguments, "lists.blocks.byteLength", blocks.length,
                   block_count * extents->block_bytes)) {
    return false;
  }
  out->centroids = static_cast<const float*>(centroids.data);
  out->blocks = static_cast<const uint8_t*>(blocks.data);
  return true;
}

// The segments of all rows that may compete.
class Segments {
 public:
  Segments() = default;
  ~Segments() { std::free(starts_); }
  Segments(const Segments&) = delete;
  Segments& operator=(const Segments&) = delete;

  // segments, rowsPerSegment, firstRow, rowCount and mask.
  bool read(const Arguments& arguments, size_t stride, RowTable* out);

 private:
  bool find(const Arguments& arguments, const uint32_t* handles, size_t stride,
            const RowTable& rows, size_t segment);

  const uint8_t** starts_ = nullptr;
};

bool Segments::read(const Arguments& arguments, size_t stride, RowTable* out) {
  Span handles;
  uint64_t rows_per_segment;
  uint64_t first_row;
  uint64_t row_count;
  if (!read_array(arguments, kSegmentsAt, "rows.segments", napi_uint32_array, &handles) ||
      !read_integer(arguments, kRowsPerSegmentAt, "rows.rowsPerSegment", 1, kUint32Max,
                    &rows_per_segment) ||
      !read_integer(arguments, kFirstRowAt, "rows.firstRow", 0, kUint32Max, &first_row) ||
      !read_integer(arguments, kRowCountAt, "rows.rowCount", 0, kUint32Max, &row_count) ||
      !read_mask(arguments, kMaskAt, first_row < row_count ? row_count - first_row : 0,
                 &out->mask)) {
    return false;
  }
  const size_t needed = (row_count + rows_per_segment - 1) / rows_per_segment;
  if (!check_min(arguments, "rows.segments.length", handles.length, needed)) return false;
  const size_t first = std::min(needed, static_cast<size_t>(first_row / rows_per_segment));
  starts_ = static_cast<const uint8_t**>(std::malloc((needed - first + 1) * sizeof(uint8_t*)));
  if (starts_ == nullptr) {
    reject_memory(arguments.env);
    return false;
  }
  out->segments = starts_;
  out->first_segment = first;
  out->rows_per_segment = rows_per_segment;
  out->first_row = first_row;
  out->row_count = row_count;
  for (size_t i = first; i < needed; i++) {
    if (!find(arguments, static_cast<const uint32_t*>(handles.data), stride, *out, i)) return false;
  }
  return true;
}

// SAFETY: there is room for every segment from the first one on that is needed, and a handle; it is
// read once.
bool Segments::find(const Arguments& arguments, const uint32_t* handles, size_t stride,
                    const RowTable& rows, size_t segment) {
  const uint32_t handle = __atomic_load_n(handles + segment, __ATOMIC_RELAXED);
  const uint8_t** const start = starts_ + (segment - rows.first_segment);
  *start = nullptr;
  if (handle == 0) return true;
  Span region;
  if (!find_region(arguments.env, handle, &region)) {
    return reject(arguments.env,
                  "rows.segments[%zu] names no open region, or its memory is gone", segment);
  }
  const size_t left = rows.row_count - segment * rows.rows_per_segment;
  const size_t count = left < rows.rows_per_segment ? left : rows.rows_per_segment;
  if (region.length / stride < count) {
    return reject(arguments.env, "rows.segments[%zu] must hold %zu rows, not %zu", segment, count,
                  region.length / stride);
  }
  *start = static_cast<const uint8_t*>(region.data);
  return true;
}

bool read_reach(const Arguments& arguments, double* out) {
  if (!read_number(arguments, kReachAt, "reach", out)) return false;
  return *out == *out || reject(arguments.env, "reach must be a number, not NaN");
}

bool read_eps(const Arguments& arguments, size_t index, const char* name, double* out) {
  if (!read_number(arguments, index, name, out)) return false;
  return *out >= 0.0 ||
         reject(arguments.env, "%s must not be negative, not %.17g", name, *out);
}

// query, tail, looseFrom, probes, reach, eps and tailEps.
bool read_search(const Arguments& arguments, Extents* tail, ListSearch* out) {
  Span query;
  uint64_t loose_from;
  uint64_t probes;
  if (!read_array(arguments, kQueryAt, "query", napi_uint8_array, &query) ||
      !read_extents(arguments, kTailAt, tail, &out->tail) ||
      !read_integer(arguments, kLooseFromAt, "looseFrom", 0, kUint32Max, &loose_from) ||
      !read_integer(arguments, kProbesAt, "probes", 0, kUint32Max, &probes) ||
      !read_reach(arguments, &out->reach) || !read_eps(arguments, kEpsAt, "eps", &out->eps) ||
      !read_eps(arguments, kTailEpsAt, "tailEps", &out->tail_eps)) {
    return false;
  }
  if (!check_equal(arguments, "query.byteLength", query.length, out->space.stride)) return false;
  out->query = static_cast<const uint8_t*>(query.data);
  out->loose_from = loose_from;
  out->probes = probes;
  return true;
}

bool read_outcome(const Arguments& arguments, double** out) {
  Span outcome;
  if (!read_array(arguments, kOutcomeAt, "outcome", napi_float64_array, &outcome)) return false;
  if (!check_equal(arguments, "outcome.length", outcome.length, kOutcomes)) return false;
  *out = static_cast<double*>(outcome.data);
  return true;
}

void reject_extent(napi_env env, const Extents& lists, const Extents& tail) {
  const Extents& extents = lists.bad != kNone ? lists : tail;
  reject(env, "%s: extent %zu names no open region, or reaches past its end", extents.name,
         extents.bad);
}

}  // namespace

napi_value call_search_lists(napi_env env, napi_callback_info info) {
  Arguments arguments;
  ListSearch search;
  Segments segments;
  Heap heap;
  double* outcome = nullptr;
  uint64_t dimension;
  Extents lists = {};
  Extents tail = {};
  lists.name = "lists.extents";
  tail.name = "tail";
  if (!read_arguments(env, info, kArgumentCount, &arguments) ||
      !read_space(arguments, &search.space) ||
      !read_integer(arguments, 2, "dimension", 1, kDimensionMax, &dimension)) {
    return nullptr;
  }
  search.dimension = dimension;
  lists.block_bytes = tail.block_bytes = block_bytes(search.space.code_dimension);
  if (!segments.read(arguments, search.space.stride, &search.rows) ||
      !read_lists(arguments, search.space, &lists, &search.lists) ||
      !read_search(arguments, &tail, &search) || !read_heap(arguments, kHeapAt, &heap) ||
      !read_outcome(arguments, &outcome)) {
    return nullptr;
  }
  SearchOutcome found = {0, 0, 0, false};
  // SAFETY: all arrays are of the lengths that the search says.
  const SearchEnd end =
      search_lists(*static_cast<const Kernels*>(arguments.table), search, &heap, &found);
  if (end == SearchEnd::kNoMemory) reject_memory(env);
  if (end == SearchEnd::kBadExtent) reject_extent(env, lists, tail);
  if (end != SearchEnd::kDone) return nullptr;
  // SAFETY: outcome has kOutcomes numbers.
  outcome[0] = static_cast<double>(found.lists);
  outcome[1] = static_cast<double>(found.scanned);
  outcome[2] = static_cast<double>(found.compared);
  outcome[3] = found.keys_are_distances ? 1.0 : 0.0;
  return number(env, static_cast<double>(heap.count));
}

}  // namespace sluice

// Reads and checks the arguments of the functions that find the lists of rows. All of them are
// checked before the first row is read or a result written; reading them never runs JavaScript.
#include "assign.h"

#include <cmath>

#include "../assign/assign.h"
#include "../assign/candidates.h"
#include "space.h"

namespace sluice {
namespace {

const Kernels& kernels_of(const Arguments& arguments) {
  return *static_cast<const Kernels*>(arguments.table);
}

// centroids and blocks, two arguments from `first` on.
bool read_centroids(const Arguments& arguments, size_t first, AssignTask* task) {
  Span centroids;
  Span blocks;
  if (!read_array(arguments, first, "centroids", napi_float32_array, &centroids) ||
      !read_array(arguments, first + 1, "blocks", napi_uint8_array, &blocks)) {
    return false;
  }
  const size_t count = centroids.length / task->space.elements;
  if (count == 0 || count > kUint32Max || centroids.length % task->space.elements != 0) {
    return reject(arguments.env, "centroids must hold rows of %zu numbers, one at least, not %zu",
                  task->space.elements, centroids.length);
  }
  const size_t block_count = (count + kBlockRows - 1) / kBlockRows;
  if (!check_equal(arguments, "blocks.byteLength", blocks.length,
                   block_count * block_bytes(task->space.code_dimension))) {
    return false;
  }
  task->centroids = static_cast<const float*>(centroids.data);
  task->centroid_count = count;
  task->blocks = static_cast<const uint8_t*>(blocks.data);
  return true;
}

// SAFETY: `starts` has one more number than there are groups. Another thread may write to it: what
// is read of it later is looked at anew.
bool check_starts(const Arguments& arguments, const uint32_t* starts, size_t group_count,
                  size_t centroid_count) {
  if (!check_equal(arguments, "groups.starts[0]", starts[0], 0)) return false;
  for (size_t i = 1; i <= group_count; i++) {
    if (starts[i] > starts[i - 1]) continue;
    return reject(arguments.env, "groups.starts must be ascending, but number %zu is %u", i,
                  starts[i]);
  }
  return check_equal(arguments, "the last of groups.starts", starts[group_count], centroid_count);
}

// Their blocks, their starts and the beam, three arguments from `first` on; the first two are
// undefined and the beam 0 where there are no groups.
bool read_groups(const Arguments& arguments, size_t first, AssignTask* task) {
  Span blocks;
  Span starts;
  uint64_t beam;
  task->groups = {nullptr, nullptr, 0, 0};
  if (is_undefined(arguments, first) && is_undefined(arguments, first + 1)) {
    return read_integer(arguments, first + 2, "groups.beam", 0, 0, &beam);
  }
  if (!read_array(arguments, first, "groups.blocks", napi_uint8_array, &blocks) ||
      !read_array(arguments, first + 1, "groups.starts", napi_uint32_array, &starts) ||
      !read_integer(arguments, first + 2, "groups.beam", 1, kBeamMax, &beam) ||
      !check_min(arguments, "groups.starts.length", starts.length, 2)) {
    return false;
  }
  const size_t count = starts.length - 1;
  const size_t block_count = (count + kBlockRows - 1) / kBlockRows;
  if (count > kUint32Max) return reject(arguments.env, "there are %zu groups", count);
  if (!check_equal(arguments, "groups.blocks.byteLength", blocks.length,
                   block_count * block_bytes(task->space.code_dimension)) ||
      !check_starts(arguments, static_cast<const uint32_t*>(starts.data), count,
                    task->centroid_count)) {
    return false;
  }
  task->groups = {static_cast<const uint8_t*>(blocks.data),
                  static_cast<const uint32_t*>(starts.data), count, beam};
  return true;
}

// candidatesMax, margin and listsPerRow, three arguments from `first` on.
bool read_limits(const Arguments& arguments, size_t first, AssignTask* task) {
  uint64_t candidates_max;
  double margin;
  uint64_t lists_per_row;
  if (!read_integer(arguments, first, "candidatesMax", 1, kCandidatesMax, &candidates_max) ||
      !read_number(arguments, first + 1, "margin", &margin) ||
      !read_integer(arguments, first + 2, "listsPerRow", 1, 2, &lists_per_row)) {
    return false;
  }
  if (!std::isfinite(margin) || margin < 0.0) {
    return reject(arguments.env, "margin must be finite and not negative, not %.17g", margin);
  }
  task->candidates_max = candidates_max;
  task->margin = static_cast<float>(margin);
  task->lists_per_row = lists_per_row;
  return true;
}

// Whether memory that is to be written is also the space's or the rows'.
bool overlaps_rows(const Space& space, const uint8_t* rows, size_t row_count, const Span& span,
                   size_t element_bytes) {
  const size_t length = span.length * element_bytes;
  return overlaps_space(space, span.data, length) ||
         overlap(span.data, length, rows, row_count * space.stride);
}

// The same for the groups'.
bool overlaps_groups(const CentroidGroups& groups, size_t bytes, const void* data, size_t length) {
  if (groups.count == 0) return false;
  const size_t block_count = (groups.count + kBlockRows - 1) / kBlockRows;
  return overlap(data, length, groups.blocks, block_count * bytes) ||
         overlap(data, length, groups.starts, (groups.count + 1) * sizeof(uint32_t));
}

// lists, argument `index`.
bool read_lists(const Arguments& arguments, size_t index, AssignTask* task) {
  Span lists;
  if (!read_array(arguments, index, "lists", napi_uint32_array, &lists)) return false;
  if (!check_equal(arguments, "lists.length", lists.length,
                   task->row_count * task->lists_per_row)) {
    return false;
  }
  const size_t length = lists.length * sizeof(uint32_t);
  const size_t bytes = block_bytes(task->space.code_dimension);
  const size_t block_count = (task->centroid_count + kBlockRows - 1) / kBlockRows;
  if (overlaps_rows(task->space, task->rows, task->row_count, lists, sizeof(uint32_t)) ||
      overlap(lists.data, length, task->centroids,
              task->centroid_count * task->space.elements * sizeof(float)) ||
      overlap(lists.data, length, task->blocks, block_count * bytes) ||
      overlaps_groups(task->groups, bytes, lists.data, length)) {
    return reject(arguments.env, "lists must not overlap other arguments");
  }
  task->lists = static_cast<uint32_t*>(lists.data);
  return true;
}

// The arrays of `task`, whose lengths are right.
bool check_means(const Arguments& arguments, const MeansTask& task, const Span& sums,
                 const Span& counts) {
  const size_t sums_bytes = sums.length * sizeof(double);
  const size_t counts_bytes = counts.length * sizeof(uint32_t);
  const size_t lists_bytes = task.row_count * sizeof(uint32_t);
  if (overlaps_rows(task.space, task.rows, task.row_count, sums, sizeof(double)) ||
      overlaps_rows(task.space, task.rows, task.row_count, counts, sizeof(uint32_t)) ||
      overlap(sums.data, sums_bytes, task.lists, lists_bytes) ||
      overlap(counts.data, counts_bytes, task.lists, lists_bytes) ||
      overlap(sums.data, sums_bytes, counts.data, counts_bytes)) {
    return reject(arguments.env, "sums and counts must not overlap other arguments");
  }
  // SAFETY: lists has row_count numbers.
  for (size_t i = 0; i < task.row_count; i++) {
    const uint32_t list = task.lists[i];
    if (list >= task.list_count && list != kNoRow) {
      return reject(arguments.env, "lists[%zu] is %u, but there are %zu lists", i, list,
                    task.list_count);
    }
  }
  return true;
}

// rows, lists, sums and counts, four arguments from `first` on.
bool read_means(const Arguments& arguments, size_t first, MeansTask* task) {
  Span lists;
  Span sums;
  Span counts;
  if (!read_rows(arguments, first, task->space, &task->rows, &task->row_count) ||
      !read_array(arguments, first + 1, "lists", napi_uint32_array, &lists) ||
      !read_array(arguments, first + 2, "sums", napi_float64_array, &sums) ||
      !read_array(arguments, first + 3, "counts", napi_uint32_array, &counts)) {
    return false;
  }
  if (!check_equal(arguments, "lists.length", lists.length, task->row_count) ||
      !check_equal(arguments, "sums.length", sums.length, counts.length * task->space.elements)) {
    return false;
  }
  task->lists = static_cast<const uint32_t*>(lists.data);
  task->list_count = counts.length;
  task->sums = static_cast<double*>(sums.data);
  task->counts = static_cast<uint32_t*>(counts.data);
  return check_means(arguments, *task, sums, counts);
}

}  // namespace

napi_value call_assign(napi_env env, napi_callback_info info) {
  Arguments arguments;
  AssignTask task;
  if (!read_arguments(env, info, kSpaceArguments + 10, &arguments) ||
      !read_space(arguments, &task.space) ||
      !read_rows(arguments, kSpaceArguments, task.space, &task.rows, &task.row_count) ||
      !read_centroids(arguments, kSpaceArguments + 1, &task) ||
      !read_groups(arguments, kSpaceArguments + 3, &task) ||
      !read_limits(arguments, kSpaceArguments + 6, &task) ||
      !read_lists(arguments, kSpaceArguments + 9, &task)) {
    return nullptr;
  }
  const Kernels& kernels = kernels_of(arguments);
  // SAFETY: all arrays are of the lengths that the task says.
  if (!assign_rows({*kernels.encode, *kernels.code_scans, *kernels.assign}, task)) {
    reject_memory(env);
  }
  return nullptr;
}

napi_value call_accumulate_means(napi_env env, napi_callback_info info) {
  Arguments arguments;
  MeansTask task;
  if (!read_arguments(env, info, kSpaceArguments + 4, &arguments) ||
      !read_space(arguments, &task.space) || !read_means(arguments, kSpaceArguments, &task)) {
    return nullptr;
  }
  const Kernels& kernels = kernels_of(arguments);
  // SAFETY: all arrays are of the lengths that the task says.
  if (!accumulate_means(*kernels.encode, *kernels.assign, task)) reject_memory(env);
  return nullptr;
}

}  // namespace sluice

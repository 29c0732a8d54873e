// Assigns rows one by one: estimates pick candidates, exact distances decide between them.
#include "assign.h"

#include <cmath>

#include "../scratch.h"
#include "candidates.h"

namespace sluice {
namespace {

// What a row needs while it is assigned.
struct Work {
  CentredRow row;
  // r1 of docs/codes.md.
  alignas(64) float first[kCodeDimensionMax];
  alignas(64) uint8_t tables[4 * kCodeDimensionMax];
  Candidates candidates;
  float distances[kCandidatesMax];
};

// The same u and r, without the inner product that only codes for dot need.
Space centring_of(const Space& space) {
  Space result = space;
  if (space.metric != Metric::kCosine) result.metric = Metric::kL2;
  return result;
}

float or_infinity(float value) { return value == value ? value : INFINITY; }

// SAFETY: prefetching what is not there does nothing.
void fetch(const void* memory, size_t length) {
  const char* bytes = static_cast<const char*>(memory);
  for (size_t i = 0; i < length; i += 64) __builtin_prefetch(bytes + i);
}

// SAFETY, of the functions below: candidates are numbers of centroids, and there is one at least.
const float* centroid(const AssignTask& task, const Work& work, size_t place) {
  return task.centroids + work.candidates.numbers[place] * task.space.elements;
}

void measure(const AssignKernels& kernels, const AssignTask& task, Work* work) {
  const size_t elements = task.space.elements;
  const size_t count = work->candidates.count;
  for (size_t i = 0; i < count; i++) {
    if (i + 1 < count) fetch(centroid(task, *work, i + 1), elements * sizeof(float));
    work->distances[i] = or_infinity(
        kernels.encode.squared_distance(work->row.u, centroid(task, *work, i), elements));
  }
}

// The place of the nearest candidate. They are in the order of their numbers: ties go to the first.
size_t find_first(const Work& work) {
  size_t first = 0;
  for (size_t i = 1; i < work.candidates.count; i++) {
    if (work.distances[i] < work.distances[first]) first = i;
  }
  return first;
}

// The list that complements the candidate at `first` best, or kNoRow.
uint32_t find_second(const AssignKernels& kernels, const AssignTask& task, size_t first,
                     Work* work) {
  const size_t elements = task.space.elements;
  const float nearest = work->distances[first];
  uint32_t second = kNoRow;
  float best = INFINITY;
  kernels.assign.subtract(work->row.u, centroid(task, *work, first), elements, work->first);
  for (size_t i = 0; i < work->candidates.count; i++) {
    // A score is no less than the distance.
    if (i == first || (second != kNoRow && !(work->distances[i] < best))) continue;
    float score = work->distances[i];
    if (nearest != 0.0f) {
      const float p = kernels.encode.residual_product(work->first, work->row.u,
                                                      centroid(task, *work, i), elements);
      score = or_infinity(score + 2.0f * (p * p / nearest));
    }
    if (second == kNoRow || score < best) {
      second = work->candidates.numbers[i];
      best = score;
    }
  }
  return second;
}

}  // namespace

bool assign_rows(const AssignKernels& kernels, const AssignTask& task) {
  const Space centring = centring_of(task.space);
  Space ranking = task.space;
  ranking.metric = Metric::kL2;
  const Scratch<Work> scratch;
  Work* const work = scratch.get();
  if (work == nullptr) return false;
  for (size_t i = 0; i < task.row_count; i++) {
    // SAFETY: i < row_count whole rows; lists has lists_per_row numbers for each.
    kernels.encode.centre(centring, task.rows + i * task.space.stride, &work->row);
    const float slack =
        task.lists_per_row == 1 ? 2.0f * task.margin * work->row.squared : INFINITY;
    const Terms terms = build_tables(kernels.encode, ranking, &work->row, work->tables);
    const Estimation estimation = {work->tables, task.space.code_dimension, task.blocks,
                                   task.centroid_count, {terms.scale, terms.bias, 0.0f, 0.0f}};
    find_candidates(kernels, estimation, task.candidates_max, slack, &work->candidates);
    measure(kernels, task, work);
    const size_t first = find_first(*work);
    uint32_t* const lists = task.lists + i * task.lists_per_row;
    lists[0] = work->candidates.numbers[first];
    if (task.lists_per_row == 2) lists[1] = find_second(kernels, task, first, work);
  }
  return true;
}

bool accumulate_means(const EncodeSteps& encode, const AssignSteps& steps, const MeansTask& task) {
  const Space space = centring_of(task.space);
  const Scratch<CentredRow> row;
  if (row.get() == nullptr) return false;
  for (size_t i = 0; i < task.row_count; i++) {
    // Read once: another thread may write to it.
    const uint32_t list = __atomic_load_n(&task.lists[i], __ATOMIC_RELAXED);
    if (list >= task.list_count) continue;
    // SAFETY: list < list_count, and sums has `elements` numbers for each list.
    double* const sums = task.sums + list * space.elements;
    fetch(sums, space.elements * sizeof(double));
    encode.centre(space, task.rows + i * space.stride, row.get());
    steps.accumulate(row.get()->u, space.elements, sums);
    task.counts[list]++;
  }
  return true;
}

}  // namespace sluice

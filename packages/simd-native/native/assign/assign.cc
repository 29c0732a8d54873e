// Assigns rows one by one: estimates pick candidates, exact distances decide between them. A row's
// candidates are fetched while the next row's are sought: there may be more centroids than caches
// hold.
#include "assign.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "../scratch.h"
#include "candidates.h"
#include "near-blocks.h"

namespace sluice {
namespace {

// What a row needs while it is assigned.
struct Work {
  CentredRow row;
  Candidates candidates;
};

// Two rows under way, and what one needs at a time.
struct Pipeline {
  Work works[2];
  alignas(64) uint8_t tables[4 * kCodeDimensionMax];
  // r1 of docs/codes.md.
  alignas(64) float first[kCodeDimensionMax];
  BlockRun runs[kBeamMax];
  float distances[kCandidatesMax];
};

// The same u and r, without the inner product that only codes for dot need.
Space centring_of(const Space& space) {
  Space result = space;
  if (space.metric != Metric::kCosine) result.metric = Metric::kL2;
  return result;
}

float or_infinity(float value) { return value == value ? value : INFINITY; }

// SAFETY: prefetching what is not there does nothing. Always inline: GCC takes a function that only
// prefetches for one without effect, and drops its calls.
__attribute__((always_inline)) inline void fetch(const void* memory, size_t length) {
  const char* bytes = static_cast<const char*>(memory);
  for (size_t i = 0; i < length; i += kLineBytes) __builtin_prefetch(bytes + i);
}

// Compared as numbers, entries are in the order of what is compared, which is not negative, and of
// places where that is equal.
uint64_t entry_of(float distance, size_t place) {
  uint32_t bits;
  std::memcpy(&bits, &distance, sizeof(bits));
  return static_cast<uint64_t>(bits) << 32 | place;
}

constexpr uint64_t kNoEntry = ~uint64_t{0};

// Assigns the rows of one task.
class Assigner {
 public:
  Assigner(const AssignKernels& kernels, const AssignTask& task, Pipeline* pipeline)
      : kernels_(kernels),
        task_(task),
        pipeline_(*pipeline),
        elements_(task.space.elements),
        centring_(centring_of(task.space)),
        ranking_(task.space) {
    ranking_.metric = Metric::kL2;
  }

  // Finds the candidates of row i, and fetches them.
  void prepare(size_t i) {
    Work* const work = &pipeline_.works[i % 2];
    // SAFETY: i < row_count whole rows.
    const uint8_t* const row = task_.rows + i * task_.space.stride;
    if (i + 1 < task_.row_count) fetch(row + task_.space.stride, task_.space.stride);
    kernels_.encode.centre(centring_, row, &work->row);
    const float slack =
        task_.lists_per_row == 1 ? 2.0f * task_.margin * work->row.squared : INFINITY;
    const Terms terms = build_tables(kernels_.encode, ranking_, &work->row, pipeline_.tables);
    const size_t block_count = (task_.centroid_count + kBlockRows - 1) / kBlockRows;
    pipeline_.runs[0] = {0, static_cast<uint32_t>(block_count)};
    Estimation estimation = {pipeline_.tables,     task_.space.code_dimension,
                             task_.blocks,         task_.centroid_count,
                             {terms.scale, terms.bias},
                             pipeline_.runs,       1};
    if (task_.groups.count > 0) {
      estimation.run_count = find_near_blocks(kernels_, estimation, task_.groups,
                                              &work->candidates, pipeline_.runs);
    }
    find_candidates(kernels_, estimation, task_.candidates_max, slack, &work->candidates);
    for (size_t k = 0; k < work->candidates.count; k++) {
      fetch(centroid(*work, k), elements_ * sizeof(float));
    }
  }

  // Writes the lists of row i, which is prepared.
  void finish(size_t i) {
    const Work& work = pipeline_.works[i % 2];
    // SAFETY: lists has lists_per_row numbers for each row.
    uint32_t* const lists = task_.lists + i * task_.lists_per_row;
    const size_t first = find_first(work);
    lists[0] = work.candidates.numbers[first];
    if (task_.lists_per_row == 2) lists[1] = find_second(work, first);
  }

 private:
  // SAFETY, of the functions below: candidates are numbers of centroids, and there is one at least.
  const float* centroid(const Work& work, size_t place) const {
    return task_.centroids + work.candidates.numbers[place] * elements_;
  }

  // The place of the nearest candidate. They are in the order of their numbers: ties go to the
  // first.
  size_t find_first(const Work& work) {
    uint64_t least = kNoEntry;
    for (size_t i = 0; i < work.candidates.count; i++) {
      const float distance = or_infinity(
          kernels_.encode.squared_distance(work.row.u, centroid(work, i), elements_));
      pipeline_.distances[i] = distance;
      least = std::min(least, entry_of(distance, i));
    }
    return static_cast<uint32_t>(least);
  }

  // The list that complements the first best, or kNoRow. A score is not below its distance, so that
  // most candidates need no product.
  uint32_t find_second(const Work& work, size_t first) {
    const float* const nearest = centroid(work, first);
    uint64_t least = kNoEntry;
    kernels_.assign.subtract(work.row.u, nearest, elements_, pipeline_.first);
    for (size_t i = 0; i < work.candidates.count; i++) {
      if (i == first || entry_of(pipeline_.distances[i], i) >= least) continue;
      const float p = kernels_.encode.residual_product(pipeline_.first, work.row.u,
                                                       centroid(work, i), elements_);
      least = std::min(least, entry_of(score_of(i, p, pipeline_.distances[first]), i));
    }
    return least == kNoEntry ? kNoRow : work.candidates.numbers[static_cast<uint32_t>(least)];
  }

  float score_of(size_t place, float product, float nearest) const {
    const float distance = pipeline_.distances[place];
    if (nearest == 0.0f) return distance;
    return or_infinity(distance + 2.0f * (product * product / nearest));
  }

  const AssignKernels& kernels_;
  const AssignTask& task_;
  Pipeline& pipeline_;
  const size_t elements_;
  const Space centring_;
  Space ranking_;
};

}  // namespace

bool assign_rows(const AssignKernels& kernels, const AssignTask& task) {
  const Scratch<Pipeline> scratch;
  if (scratch.get() == nullptr) return false;
  Assigner assigner(kernels, task, scratch.get());
  for (size_t i = 0; i < task.row_count; i++) {
    assigner.prepare(i);
    if (i > 0) assigner.finish(i - 1);
  }
  if (task.row_count > 0) assigner.finish(task.row_count - 1);
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

// Rows to the nearest of many centroids, and rows summed up by list: docs/codes.md, "Nearest
// centroids". A table of steps per instruction set, and baseline code around them.
#ifndef SLUICE_ASSIGN_H
#define SLUICE_ASSIGN_H

#include "../encode/encode.h"
#include "../scan/code-scan.h"

namespace sluice {

// The most groups that are looked into.
constexpr size_t kBeamMax = 64;

// Estimates are compared as int32 keys, which sort as the floats do: -0 is 0, NaN infinite.
constexpr int32_t kInfiniteKey = 0x7f800000;

// Arrays of keys are whole runs of this many, continued with kNoKey, which is above all others.
constexpr size_t kKeyRun = 64;
constexpr int32_t kNoKey = 0x7fffffff;

// The steps of one instruction set.
struct AssignSteps {
  // Keys of `count` estimates, which there are whole runs of, and kNoKey for the rest of the last
  // run; minima[j] is the least of the j-th keys of all runs.
  void (*keys)(const float* estimates, size_t count, int32_t* keys, int32_t* minima);
  // How many keys of whole runs are at most `limit`.
  size_t (*count)(const int32_t* keys, size_t length, int32_t limit);
  // Their places, in order; writes up to 16 places more. Gives how many they are.
  size_t (*collect)(const int32_t* keys, size_t length, int32_t limit, uint32_t* places);
  // The least of `count` keys that at least `wanted` of them do not exceed. There are whole runs,
  // continued with kNoKey; compares all of them with each other.
  int32_t (*select)(const int32_t* keys, size_t count, size_t wanted);
  // out = a - b, anywhere.
  void (*subtract)(const float* a, const float* b, size_t elements, float* out);
  // sums += row, anywhere.
  void (*accumulate)(const float* row, size_t elements, double* sums);
};

extern const AssignSteps kAssignStepsBaseline;
extern const AssignSteps kAssignStepsAvx2;
extern const AssignSteps kAssignStepsAvx512;
extern const AssignSteps kAssignStepsNeon;

// The steps that assigning takes, all of one instruction set.
struct AssignKernels {
  const EncodeSteps& encode;
  const CodeScans& scans;
  const AssignSteps& assign;
};

// As CentroidGroups in core, checked, but for the starts, which another thread may write to.
struct CentroidGroups {
  const uint8_t* blocks;
  // One more than there are groups.
  const uint32_t* starts;
  // 0 where centroids are in no groups.
  size_t count;
  size_t beam;
};

// As AssignTask in core, checked.
struct AssignTask {
  Space space;
  const uint8_t* rows;
  size_t row_count;
  const float* centroids;
  size_t centroid_count;
  const uint8_t* blocks;
  CentroidGroups groups;
  size_t candidates_max;
  float margin;
  size_t lists_per_row;
  uint32_t* lists;
};

// False where there is no memory to work with; nothing is written then.
bool assign_rows(const AssignKernels& kernels, const AssignTask& task);

// As MeansTask in core, checked, but for the lists, which another thread may write to: rows of
// lists that are not there are left out.
struct MeansTask {
  Space space;
  const uint8_t* rows;
  size_t row_count;
  const uint32_t* lists;
  size_t list_count;
  double* sums;
  uint32_t* counts;
};

// False where there is no memory to work with; nothing is written then.
bool accumulate_means(const EncodeSteps& encode, const AssignSteps& steps, const MeansTask& task);

}  // namespace sluice

#endif

// The steps of assigning in plain C++, most of which compilers vectorise.
#include <cstring>

#include "assign.h"

namespace sluice {
namespace {

// SAFETY, of this file: arrays of keys and their floats are whole runs of kKeyRun; others are as
// long as `elements` says.
void keys(const float* estimates, size_t count, int32_t* keys, int32_t* minima) {
  const size_t length = (count + kKeyRun - 1) / kKeyRun * kKeyRun;
  for (size_t i = 0; i < length; i++) {
    const float value = estimates[i] + 0.0f;
    int32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    const int32_t key = bits ^ ((bits >> 31) & 0x7fffffff);
    keys[i] = value == value ? key : kInfiniteKey;
  }
  for (size_t i = count; i < length; i++) keys[i] = kNoKey;
  for (size_t j = 0; j < kKeyRun; j++) minima[j] = kNoKey;
  for (size_t i = 0; i < length; i += kKeyRun) {
    for (size_t j = 0; j < kKeyRun; j++) {
      minima[j] = keys[i + j] < minima[j] ? keys[i + j] : minima[j];
    }
  }
}

size_t count(const int32_t* keys, size_t length, int32_t limit) {
  uint32_t found = 0;
  for (size_t i = 0; i < length; i++) found += keys[i] <= limit ? 1 : 0;
  return found;
}

size_t collect(const int32_t* keys, size_t length, int32_t limit, uint32_t* places) {
  size_t found = 0;
  for (size_t i = 0; i < length; i++) {
    places[found] = static_cast<uint32_t>(i);
    found += keys[i] <= limit ? 1 : 0;
  }
  return found;
}

int32_t select(const int32_t* keys, size_t count, size_t wanted) {
  int32_t least = kNoKey;
  for (size_t i = 0; i < count; i++) {
    uint32_t above = 0;
    for (size_t j = 0; j < count; j++) above += keys[j] > keys[i] ? 1 : 0;
    if (above <= count - wanted && keys[i] < least) least = keys[i];
  }
  return least;
}

void subtract(const float* a, const float* b, size_t elements, float* out) {
  for (size_t i = 0; i < elements; i++) out[i] = a[i] - b[i];
}

void accumulate(const float* row, size_t elements, double* sums) {
  for (size_t i = 0; i < elements; i++) sums[i] += static_cast<double>(row[i]);
}

}  // namespace

const AssignSteps kAssignStepsBaseline = {keys, count, collect, select, subtract, accumulate};

}  // namespace sluice

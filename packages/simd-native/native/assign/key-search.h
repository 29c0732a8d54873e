// Keys of floats: int32 that sort as the floats do, and a bisection over many of them.
#ifndef SLUICE_KEY_SEARCH_H
#define SLUICE_KEY_SEARCH_H

#include "assign.h"

namespace sluice {

// -0 has the key of 0, NaN that of infinity.
int32_t key_of(float value);
float value_of(int32_t key);

// Keys, and those among them that are wanted.
struct KeySearch {
  // In whole runs.
  const int32_t* keys;
  size_t length;
  size_t wanted;
  // How many more will do.
  size_t enough;
};

// A key that `wanted` to `enough` keys do not exceed; where there is none, the least one that at
// least `wanted` do not. By bisection between two keys, the second of which at least `wanted` do
// not exceed.
int32_t find_limit(const AssignSteps& steps, const KeySearch& search, int64_t low, int64_t high);

}  // namespace sluice

#endif

#include "key-search.h"

#include <cstring>

namespace sluice {

int32_t key_of(float value) {
  int32_t bits;
  if (value != value) return kInfiniteKey;
  value += 0.0f;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

float value_of(int32_t key) {
  const int32_t bits = key ^ ((key >> 31) & 0x7fffffff);
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

int32_t find_limit(const AssignSteps& steps, const KeySearch& search, int64_t low, int64_t high) {
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    const size_t found =
        steps.count(search.keys, search.length, static_cast<int32_t>(middle));
    if (found < search.wanted) {
      low = middle + 1;
    } else if (found > search.enough) {
      high = middle;
    } else {
      return static_cast<int32_t>(middle);
    }
  }
  return static_cast<int32_t>(low);
}

}  // namespace sluice

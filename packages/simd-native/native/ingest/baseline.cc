// The exponent check in plain C++, for any CPU.
#include <cstring>

#include "../kernels.h"

namespace sluice {

uint64_t exponent_sums_baseline(const uint8_t* bytes, size_t length, uint64_t mask,
                                uint64_t unit) {
  uint64_t sums = 0;
  size_t at = 0;
  for (; at + 8 <= length; at += 8) {
    uint64_t word;
    // SAFETY: at + 8 <= length.
    std::memcpy(&word, bytes + at, sizeof(word));
    sums |= (word & mask) + unit;
  }
  if (at < length) {
    uint64_t word = 0;
    // SAFETY: length - at is 1 to 7 here.
    std::memcpy(&word, bytes + at, length - at);
    sums |= (word & mask) + unit;
  }
  return sums;
}

}  // namespace sluice

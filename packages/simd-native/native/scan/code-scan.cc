// Picks the rows that survive; compiled at the baseline, as the survivors are few.
#include "code-scan.h"

#include <cfloat>
#include <cmath>
#include <cstring>

#include "../encode/encode.h"

namespace sluice {

float round_up(double threshold) {
  if (threshold > FLT_MAX) return HUGE_VALF;
  const float nearest = static_cast<float>(threshold);
  if (!(nearest < threshold)) return nearest;
  if (nearest == 0.0f) return FLT_TRUE_MIN;
  // As std::nextafter, which is a call: the bits of negative floats count down, -FLT_MAX after
  // -INFINITY.
  int32_t bits;
  std::memcpy(&bits, &nearest, sizeof(bits));
  bits += nearest > 0.0f ? 1 : -1;
  float next;
  std::memcpy(&next, &bits, sizeof(next));
  return next;
}

namespace {

// A group from `from` on and the one after it; the last block again where there are fewer.
void list_groups(const uint8_t* blocks, size_t bytes, size_t from, size_t to,
                 const uint8_t** out) {
  for (size_t i = 0; i < 2 * kScanGroup; i++) {
    out[i] = blocks + (from + i < to ? from + i : to - 1) * bytes;
  }
}

}  // namespace

size_t scan_blocks(const CodeScans& scans, const uint8_t* tables, size_t code_dimension,
                   const uint8_t* blocks, size_t from, size_t to, const Bound& bound,
                   uint32_t* rows, float* bounds, size_t capacity, size_t* count) {
  const size_t bytes = block_bytes(code_dimension);
  const size_t rows_at = bytes - 4 * kBlockRows;
  float lower_bounds[kScanGroup * kBlockRows];
  uint32_t survivors[kScanGroup];
  const uint8_t* group[2 * kScanGroup];
  size_t kept = *count;
  size_t i = from;
  for (; i < to && capacity - kept >= kBlockRows; i++) {
    const size_t j = (i - from) % kScanGroup;
    // SAFETY: blocks i to `to - 1` are there.
    if (j == 0) {
      list_groups(blocks, bytes, i, to, group);
      scans.bounds(tables, code_dimension, {group, group + kScanGroup}, bound, lower_bounds,
                   survivors);
    }
    // SAFETY: a lane is below 32, and there is room for 32 survivors.
    for (uint32_t left = survivors[j]; left != 0; left &= left - 1) {
      const size_t lane = static_cast<size_t>(__builtin_ctz(left));
      std::memcpy(rows + kept, blocks + i * bytes + rows_at + 4 * lane, sizeof(uint32_t));
      bounds[kept] = lower_bounds[j * kBlockRows + lane];
      kept += rows[kept] != kNoRow ? 1 : 0;
    }
  }
  *count = kept;
  return i;
}

}  // namespace sluice

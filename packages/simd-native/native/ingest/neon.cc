// The exponent check with NEON: 64 bytes a step, an AND, an ADD and an OR for every 16.
#include <arm_neon.h>

#include <cstring>

#include "../kernels.h"

namespace sluice {
namespace {

uint64x2_t sums_at(const uint8_t* bytes, uint64x2_t mask, uint64x2_t unit) {
  // SAFETY: the caller has at least 16 bytes left; a load of bytes needs no alignment.
  return vaddq_u64(vandq_u64(vreinterpretq_u64_u8(vld1q_u8(bytes)), mask), unit);
}

}  // namespace

uint64_t exponent_sums_neon(const uint8_t* bytes, size_t length, uint64_t mask, uint64_t unit) {
  const uint64x2_t masks = vdupq_n_u64(mask);
  const uint64x2_t units = vdupq_n_u64(unit);
  uint64x2_t a = vdupq_n_u64(0);
  uint64x2_t b = a;
  size_t at = 0;
  for (; at + 64 <= length; at += 64) {
    // SAFETY: at + 64 <= length.
    a = vorrq_u64(a, sums_at(bytes + at, masks, units));
    b = vorrq_u64(b, sums_at(bytes + at + 16, masks, units));
    a = vorrq_u64(a, sums_at(bytes + at + 32, masks, units));
    b = vorrq_u64(b, sums_at(bytes + at + 48, masks, units));
  }
  const uint64x2_t both = vorrq_u64(a, b);
  uint64_t sums = vgetq_lane_u64(both, 0) | vgetq_lane_u64(both, 1);
  while (at < length) {
    const size_t rest = length - at < 8 ? length - at : 8;
    uint64_t word = 0;
    // SAFETY: rest is 1 to 8, and at + rest <= length.
    std::memcpy(&word, bytes + at, rest);
    sums |= (word & mask) + unit;
    at += rest;
  }
  return sums;
}

}  // namespace sluice

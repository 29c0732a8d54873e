// The steps of assigning with NEON.
#include <arm_neon.h>

#include "assign.h"

namespace sluice {
namespace {

constexpr size_t kLanes = 4;
constexpr size_t kVectors = kKeyRun / kLanes;

// SAFETY, of this file: arrays of keys and their floats are whole runs of kKeyRun; others are as
// long as `elements` says. Loads and stores need no alignment.
int32x4_t keys_of(float32x4_t estimates) {
  const float32x4_t values = vaddq_f32(estimates, vdupq_n_f32(0));
  const int32x4_t bits = vreinterpretq_s32_f32(values);
  const int32x4_t flips = vandq_s32(vshrq_n_s32(bits, 31), vdupq_n_s32(0x7fffffff));
  return vbslq_s32(vceqq_f32(values, values), veorq_s32(bits, flips), vdupq_n_s32(kInfiniteKey));
}

void keys(const float* estimates, size_t count, int32_t* keys, int32_t* minima) {
  int32x4_t least[kVectors];
  for (int32x4_t& lanes : least) lanes = vdupq_n_s32(kNoKey);
  for (size_t i = 0; i < count; i += kKeyRun) {
    for (size_t j = 0; j < kKeyRun; j += kLanes) {
      vst1q_s32(keys + i + j, keys_of(vld1q_f32(estimates + i + j)));
    }
    for (size_t j = count; j < i + kKeyRun; j++) keys[j] = kNoKey;
    for (size_t j = 0; j < kVectors; j++) {
      least[j] = vminq_s32(least[j], vld1q_s32(keys + i + j * kLanes));
    }
  }
  for (size_t j = 0; j < kVectors; j++) vst1q_s32(minima + j * kLanes, least[j]);
}

size_t count(const int32_t* keys, size_t length, int32_t limit) {
  const int32x4_t limits = vdupq_n_s32(limit);
  uint32x4_t found[2] = {vdupq_n_u32(0), vdupq_n_u32(0)};
  // A comparison that holds is -1.
  for (size_t i = 0; i < length; i += 2 * kLanes) {
    found[0] = vsubq_u32(found[0], vcleq_s32(vld1q_s32(keys + i), limits));
    found[1] = vsubq_u32(found[1], vcleq_s32(vld1q_s32(keys + i + kLanes), limits));
  }
  return vaddvq_u32(vaddq_u32(found[0], found[1]));
}

// Sixteen keys, four bits for each in order: all set where it is at most the limit.
uint64_t find_kept(const int32_t* keys, int32x4_t limits) {
  uint16x4_t kept[4];
  for (size_t j = 0; j < 4; j++) {
    kept[j] = vmovn_u32(vcleq_s32(vld1q_s32(keys + j * kLanes), limits));
  }
  const uint8x16_t bytes = vcombine_u8(vmovn_u16(vcombine_u16(kept[0], kept[1])),
                                       vmovn_u16(vcombine_u16(kept[2], kept[3])));
  const uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(bytes), 4);
  return vget_lane_u64(vreinterpret_u64_u8(nibbles), 0);
}

size_t collect(const int32_t* keys, size_t length, int32_t limit, uint32_t* places) {
  const int32x4_t limits = vdupq_n_s32(limit);
  size_t found = 0;
  for (size_t i = 0; i < length; i += 16) {
    uint64_t left = find_kept(keys + i, limits) & 0x1111111111111111u;
    for (; left != 0; left &= left - 1) {
      places[found++] = static_cast<uint32_t>(i) + static_cast<uint32_t>(__builtin_ctzll(left)) / 4;
    }
  }
  return found;
}

int32_t select(const int32_t* keys, size_t count, size_t wanted) {
  constexpr size_t kTogether = 8;
  const uint32x4_t above_max = vdupq_n_u32(static_cast<uint32_t>(count - wanted));
  int32x4_t least = vdupq_n_s32(kNoKey);
  for (size_t i = 0; i < count; i += kTogether * kLanes) {
    int32x4_t mine[kTogether];
    uint32x4_t above[kTogether];
    for (size_t k = 0; k < kTogether; k++) {
      mine[k] = vld1q_s32(keys + i + k * kLanes);
      above[k] = vdupq_n_u32(0);
    }
    // A comparison that holds is -1.
    for (size_t j = 0; j < count; j++) {
      const int32x4_t other = vdupq_n_s32(keys[j]);
      for (size_t k = 0; k < kTogether; k++) {
        above[k] = vsubq_u32(above[k], vcgtq_s32(other, mine[k]));
      }
    }
    for (size_t k = 0; k < kTogether; k++) {
      const uint32x4_t is_high = vcleq_u32(above[k], above_max);
      least = vminq_s32(least, vbslq_s32(is_high, mine[k], vdupq_n_s32(kNoKey)));
    }
  }
  return vminvq_s32(least);
}

void subtract(const float* a, const float* b, size_t elements, float* out) {
  size_t i = 0;
  for (; i + kLanes <= elements; i += kLanes) {
    vst1q_f32(out + i, vsubq_f32(vld1q_f32(a + i), vld1q_f32(b + i)));
  }
  for (; i < elements; i++) out[i] = a[i] - b[i];
}

void accumulate(const float* row, size_t elements, double* sums) {
  size_t i = 0;
  for (; i + kLanes <= elements; i += kLanes) {
    const float32x4_t x = vld1q_f32(row + i);
    vst1q_f64(sums + i, vaddq_f64(vld1q_f64(sums + i), vcvt_f64_f32(vget_low_f32(x))));
    vst1q_f64(sums + i + 2, vaddq_f64(vld1q_f64(sums + i + 2), vcvt_high_f64_f32(x)));
  }
  for (; i < elements; i++) sums[i] += static_cast<double>(row[i]);
}

}  // namespace

const AssignSteps kAssignStepsNeon = {keys, count, collect, select, subtract, accumulate};

}  // namespace sluice

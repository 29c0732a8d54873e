// The steps that sum in 64 lanes, with NEON. A full set of lanes is sixteen registers; two sums at
// once are made half a set at a time, so that nothing spills. Additions only: an FMA would round
// once where the other instruction sets round twice.
#include <cmath>
#include <cstring>

#include "neon-lanes.h"

namespace sluice {
namespace {

// Pairs of half the lanes.
constexpr size_t kHalf = kPairs / 2;

Vector widen(int16x8_t x) {
  return {vcvtq_f32_s32(vmovl_s16(vget_low_s16(x))), vcvtq_f32_s32(vmovl_high_s16(x))};
}

Vector widen(uint16x8_t x) {
  return {vcvtq_f32_u32(vmovl_u16(vget_low_u16(x))), vcvtq_f32_u32(vmovl_high_u16(x))};
}

// Eight elements of a type; kBits is how long one is.
struct Float32 {
  static constexpr size_t kBits = 32;
  static Vector load(const uint8_t* bytes) {
    return {vreinterpretq_f32_u8(vld1q_u8(bytes)), vreinterpretq_f32_u8(vld1q_u8(bytes + 16))};
  }
};

struct Float16 {
  static constexpr size_t kBits = 16;
  static Vector load(const uint8_t* bytes) {
    const float16x8_t halves = vreinterpretq_f16_u8(vld1q_u8(bytes));
    return {vcvt_f32_f16(vget_low_f16(halves)), vcvt_high_f32_f16(halves)};
  }
};

// The upper half of a float32.
struct Bfloat16 {
  static constexpr size_t kBits = 16;
  static Vector load(const uint8_t* bytes) {
    const uint16x8_t halves = vreinterpretq_u16_u8(vld1q_u8(bytes));
    return {vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(halves), 16)),
            vreinterpretq_f32_u32(vshll_high_n_u16(halves, 16))};
  }
};

struct Int16 {
  static constexpr size_t kBits = 16;
  static Vector load(const uint8_t* at) { return widen(vreinterpretq_s16_u8(vld1q_u8(at))); }
};

struct Uint16 {
  static constexpr size_t kBits = 16;
  static Vector load(const uint8_t* at) { return widen(vreinterpretq_u16_u8(vld1q_u8(at))); }
};

struct Int8 {
  static constexpr size_t kBits = 8;
  static Vector load(const uint8_t* at) {
    return widen(vmovl_s8(vreinterpret_s8_u8(vld1_u8(at))));
  }
};

struct Uint8 {
  static constexpr size_t kBits = 8;
  static Vector load(const uint8_t* at) { return widen(vmovl_u8(vld1_u8(at))); }
};

// The most significant bit first.
struct Bit {
  static constexpr size_t kBits = 1;
  static Vector load(const uint8_t* bytes) {
    const int32_t places[kWidth] = {-7, -6, -5, -4, -3, -2, -1, 0};
    const uint32x4_t byte = vdupq_n_u32(*bytes);
    const uint32x4_t one = vdupq_n_u32(1);
    return {vcvtq_f32_u32(vandq_u32(vshlq_u32(byte, vld1q_s32(places)), one)),
            vcvtq_f32_u32(vandq_u32(vshlq_u32(byte, vld1q_s32(places + 4)), one))};
  }
};

// A row and the mean in sets of 64 lanes; where the last set is not whole, from a copy of what
// there is of it, with zeros after it.
template <class Element>
class Sets {
 public:
  Sets(const Space& space, const uint8_t* row)
      : row_(row), mean_(space.mean), whole_(space.elements / kLanes) {
    const size_t rest = space.elements % kLanes;
    if (rest == 0) return;
    // SAFETY: rest < kLanes elements, from the end of row and mean.
    std::memset(row_rest_, 0, sizeof(row_rest_));
    std::memset(mean_rest_, 0, sizeof(mean_rest_));
    std::memcpy(row_rest_, row + whole_ * kSetBytes, (rest * Element::kBits + 7) / 8);
    std::memcpy(mean_rest_, space.mean + whole_ * kLanes, rest * sizeof(float));
    // Unused bits of a last byte, whatever they are.
    if (Element::kBits == 1) row_rest_[rest / 8] &= static_cast<uint8_t>(0xff00u >> rest % 8);
  }

  // Eight elements, from lane `lane` on.
  Vector row(size_t set, size_t lane) const {
    const uint8_t* const bytes = set < whole_ ? row_ + set * kSetBytes : row_rest_;
    return Element::load(bytes + lane * Element::kBits / 8);
  }

  Vector mean(size_t set, size_t lane) const {
    const float* const floats = set < whole_ ? mean_ + set * kLanes : mean_rest_;
    return load(floats + lane);
  }

 private:
  static constexpr size_t kSetBytes = kLanes * Element::kBits / 8;
  const uint8_t* const row_;
  const float* const mean_;
  const size_t whole_;
  uint8_t row_rest_[kSetBytes];
  float mean_rest_[kLanes];
};

// N
template <class Element>
float squared_length(const Sets<Element>& sets, size_t count) {
  Sum sum = {};
  for (size_t set = 0; set < count; set++) {
    for (size_t k = 0; k < kPairs; k++) {
      const Vector x = sets.row(set, k * kWidth);
      sum.lanes[k] = add(sum.lanes[k], times(x, x));
    }
  }
  return total(sum);
}

// u = x scale, r = u - c, R and a. A scale of 1 changes nothing.
template <class Element, bool kInner>
void centre_row(const Sets<Element>& sets, size_t count, float scale, CentredRow* out) {
  const Vector scales = {vdupq_n_f32(scale), vdupq_n_f32(scale)};
  Sum squared;
  Sum inner;
  for (size_t half = 0; half < 2; half++) {
    Vector squares[kHalf] = {};
    Vector products[kHalf] = {};
    for (size_t set = 0; set < count; set++) {
      for (size_t k = 0; k < kHalf; k++) {
        const size_t lane = (half * kHalf + k) * kWidth;
        const Vector c = sets.mean(set, lane);
        const Vector u = times(sets.row(set, lane), scales);
        const Vector r = less(u, c);
        // SAFETY: out has room for whole sets.
        store(out->u + set * kLanes + lane, u);
        store(out->r + set * kLanes + lane, r);
        squares[k] = add(squares[k], times(r, r));
        if (kInner) products[k] = add(products[k], times(u, c));
      }
    }
    for (size_t k = 0; k < kHalf; k++) squared.lanes[half * kHalf + k] = squares[k];
    for (size_t k = 0; k < kHalf; k++) inner.lanes[half * kHalf + k] = products[k];
  }
  out->squared = total(squared);
  out->inner = kInner ? total(inner) : 0.0f;
}

template <class Element>
void centre_narrow(const Space& space, const uint8_t* row, CentredRow* out) {
  const Sets<Element> sets(space, row);
  const size_t count = space.code_dimension / kLanes;
  if (space.metric == Metric::kDot) return centre_row<Element, true>(sets, count, 1.0f, out);
  if (space.metric != Metric::kCosine) return centre_row<Element, false>(sets, count, 1.0f, out);
  const float norm = squared_length(sets, count);
  if (!(norm >= kNormMin && norm <= kNormMax)) {
    return centre_wide(kEncodeStepsNeon, space, row, out);
  }
  centre_row<Element, true>(sets, count, 1.0f / std::sqrt(norm), out);
}

// 0xff for each of sixteen numbers whose sign bit is 0.
uint8x16_t positive(Vector a, Vector b) {
  const uint16x8_t first =
      vuzp2q_u16(vreinterpretq_u16_f32(a.low), vreinterpretq_u16_f32(a.high));
  const uint16x8_t last = vuzp2q_u16(vreinterpretq_u16_f32(b.low), vreinterpretq_u16_f32(b.high));
  const uint8x16_t tops = vuzp2q_u8(vreinterpretq_u8_u16(first), vreinterpretq_u8_u16(last));
  return vcgezq_s8(vreinterpretq_s8_u8(tops));
}

// z where the sign bit of y is 0, -z elsewhere.
float32x4_t flip(float32x4_t z, float32x4_t y) {
  const uint32x4_t signs = vandq_u32(vreinterpretq_u32_f32(y), vdupq_n_u32(0x80000000u));
  return vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(z), signs));
}

}  // namespace

void centre_neon(const Space& space, const uint8_t* row, CentredRow* out) {
  switch (space.dtype) {
    case kCodeFloat32:
    case kCodeComplex64: return centre_narrow<Float32>(space, row, out);
    case kCodeFloat16: return centre_narrow<Float16>(space, row, out);
    case kCodeBfloat16: return centre_narrow<Bfloat16>(space, row, out);
    case kCodeInt16: return centre_narrow<Int16>(space, row, out);
    case kCodeUint16: return centre_narrow<Uint16>(space, row, out);
    case kCodeInt8: return centre_narrow<Int8>(space, row, out);
    case kCodeUint8: return centre_narrow<Uint8>(space, row, out);
    case kCodeBit: return centre_narrow<Bit>(space, row, out);
    default: return centre_wide(kEncodeStepsNeon, space, row, out);
  }
}

float code_neon(const float* y, size_t code_dimension, uint8_t* code) {
  const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t bits = vld1q_u8(weights);
  Sum sum = {};
  // SAFETY: y has whole sets of lanes; a code has a byte for eight of them.
  for (size_t i = 0; i < code_dimension; i += kLanes) {
    uint8x16_t set[4];
    for (size_t k = 0; k < 4; k++) {
      const Vector a = load(y + i + 2 * k * kWidth);
      const Vector b = load(y + i + (2 * k + 1) * kWidth);
      set[k] = vandq_u8(positive(a, b), bits);
      sum.lanes[2 * k] = add(sum.lanes[2 * k], {vabsq_f32(a.low), vabsq_f32(a.high)});
      sum.lanes[2 * k + 1] = add(sum.lanes[2 * k + 1], {vabsq_f32(b.low), vabsq_f32(b.high)});
    }
    // Neighbours are added three times: eight bits become a byte.
    const uint8x16_t pairs = vpaddq_u8(vpaddq_u8(set[0], set[1]), vpaddq_u8(set[2], set[3]));
    vst1_u8(code + i / 8, vget_low_u8(vpaddq_u8(pairs, pairs)));
  }
  return total(sum);
}

float signed_sum_neon(const float* y, const float* z, size_t code_dimension) {
  Sum sum = {};
  // SAFETY: y and z have whole sets of lanes.
  for (size_t i = 0; i < code_dimension; i += kLanes) {
    for (size_t k = 0; k < kPairs; k++) {
      const Vector signs = load(y + i + k * kWidth);
      const Vector numbers = load(z + i + k * kWidth);
      const Vector term = {flip(numbers.low, signs.low), flip(numbers.high, signs.high)};
      sum.lanes[k] = add(sum.lanes[k], term);
    }
  }
  return total(sum);
}

}  // namespace sluice

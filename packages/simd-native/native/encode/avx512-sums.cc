// The steps that sum in 64 lanes, with AVX-512: a set of lanes is four registers, and what is
// missing from the last set is masked away. Additions only: an FMA would round once where the other
// instruction sets round twice.
#include <cmath>
#include <cstring>

#include "avx512-lanes.h"

namespace sluice {
namespace {

__m128i load_bytes(const uint8_t* bytes, Mask mask) {
  // SAFETY, of all loads: the caller has the elements of `mask` left; loads need no alignment.
  return _mm_maskz_loadu_epi8(mask, bytes);
}

__m256i load_halves(const uint8_t* bytes, Mask mask) {
  return _mm256_maskz_loadu_epi16(mask, bytes);
}

// Sixteen elements of a type; kBits is how long one is.
struct Float32 {
  static constexpr size_t kBits = 32;
  static Vector load(const uint8_t* bytes, Mask mask) { return _mm512_maskz_loadu_ps(mask, bytes); }
};

struct Float16 {
  static constexpr size_t kBits = 16;
  static Vector load(const uint8_t* bytes, Mask mask) {
    return _mm512_cvtph_ps(load_halves(bytes, mask));
  }
};

// The upper half of a float32.
struct Bfloat16 {
  static constexpr size_t kBits = 16;
  static Vector load(const uint8_t* bytes, Mask mask) {
    const __m512i words = _mm512_cvtepu16_epi32(load_halves(bytes, mask));
    return _mm512_castsi512_ps(_mm512_slli_epi32(words, 16));
  }
};

struct Int16 {
  static constexpr size_t kBits = 16;
  static Vector load(const uint8_t* bytes, Mask mask) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(load_halves(bytes, mask)));
  }
};

struct Uint16 {
  static constexpr size_t kBits = 16;
  static Vector load(const uint8_t* bytes, Mask mask) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(load_halves(bytes, mask)));
  }
};

struct Int8 {
  static constexpr size_t kBits = 8;
  static Vector load(const uint8_t* bytes, Mask mask) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(load_bytes(bytes, mask)));
  }
};

struct Uint8 {
  static constexpr size_t kBits = 8;
  static Vector load(const uint8_t* bytes, Mask mask) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(load_bytes(bytes, mask)));
  }
};

// The most significant bit first.
struct Bit {
  static constexpr size_t kBits = 1;
  static Vector load(const uint8_t* bytes, Mask mask) {
    const int first = (mask & 0xff) != 0 ? bytes[0] : 0;
    const int second = mask > 0xff ? bytes[1] << 8 : 0;
    const __m512i bits =
        _mm512_setr_epi32(1 << 7, 1 << 6, 1 << 5, 1 << 4, 1 << 3, 1 << 2, 1 << 1, 1 << 0, 1 << 15,
                          1 << 14, 1 << 13, 1 << 12, 1 << 11, 1 << 10, 1 << 9, 1 << 8);
    const Mask set = _mm512_mask_test_epi32_mask(mask, _mm512_set1_epi32(first | second), bits);
    return _mm512_maskz_mov_ps(set, _mm512_set1_ps(1.0f));
  }
};

// N
template <class Element>
float squared_length(const Space& space, const uint8_t* row) {
  Sum sum = {};
  for_each_set(space.elements, [&](size_t at, const Masks& masks) {
    for (size_t k = 0; k < kRegisters; k++) {
      const size_t i = at + k * kWidth;
      const Vector x = Element::load(row + i * Element::kBits / 8, masks.of[k]);
      sum.lanes[k] = _mm512_add_ps(sum.lanes[k], _mm512_mul_ps(x, x));
    }
  });
  return total(sum);
}

// u = x scale, r = u - c, R and a. A scale of 1 changes nothing.
template <class Element, bool kInner>
void centre_row(const Space& space, const uint8_t* row, float scale, CentredRow* out) {
  const Vector scales = _mm512_set1_ps(scale);
  Sum squared = {};
  Sum inner = {};
  for_each_set(space.elements, [&](size_t at, const Masks& masks) {
    for (size_t k = 0; k < kRegisters; k++) {
      const size_t i = at + k * kWidth;
      const Vector x = Element::load(row + i * Element::kBits / 8, masks.of[k]);
      const Vector c = _mm512_maskz_loadu_ps(masks.of[k], space.mean + i);
      const Vector u = _mm512_mul_ps(x, scales);
      const Vector r = _mm512_sub_ps(u, c);
      // SAFETY: out has room for whole sets.
      _mm512_store_ps(out->u + i, u);
      _mm512_store_ps(out->r + i, r);
      squared.lanes[k] = _mm512_add_ps(squared.lanes[k], _mm512_mul_ps(r, r));
      if (kInner) inner.lanes[k] = _mm512_add_ps(inner.lanes[k], _mm512_mul_ps(u, c));
    }
  });
  out->squared = total(squared);
  out->inner = kInner ? total(inner) : 0.0f;
}

template <class Element>
void centre_narrow(const Space& space, const uint8_t* row, CentredRow* out) {
  if (space.metric == Metric::kDot) return centre_row<Element, true>(space, row, 1.0f, out);
  if (space.metric != Metric::kCosine) return centre_row<Element, false>(space, row, 1.0f, out);
  const float norm = squared_length<Element>(space, row);
  if (!(norm >= kNormMin && norm <= kNormMax)) {
    return centre_wide(kEncodeStepsAvx512, space, row, out);
  }
  centre_row<Element, true>(space, row, 1.0f / std::sqrt(norm), out);
}

}  // namespace

void centre_avx512(const Space& space, const uint8_t* row, CentredRow* out) {
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
    default: return centre_wide(kEncodeStepsAvx512, space, row, out);
  }
}

float code_avx512(const float* y, size_t code_dimension, uint8_t* code) {
  Sum sum = {};
  // SAFETY: y has whole sets of lanes; a code has a byte for eight of them.
  for (size_t i = 0; i < code_dimension; i += kLanes) {
    uint64_t negative = 0;
    for (size_t k = 0; k < kRegisters; k++) {
      const Vector x = _mm512_load_ps(y + i + k * kWidth);
      negative |= static_cast<uint64_t>(_mm512_movepi32_mask(_mm512_castps_si512(x))) << k * kWidth;
      sum.lanes[k] = _mm512_add_ps(sum.lanes[k], _mm512_abs_ps(x));
    }
    const uint64_t bits = ~negative;
    std::memcpy(code + i / 8, &bits, sizeof(bits));
  }
  return total(sum);
}

float signed_sum_avx512(const float* y, const float* z, size_t code_dimension) {
  const Vector sign = _mm512_set1_ps(-0.0f);
  Sum sum = {};
  // SAFETY: y and z have whole sets of lanes.
  for (size_t i = 0; i < code_dimension; i += kLanes) {
    for (size_t k = 0; k < kRegisters; k++) {
      const size_t at = i + k * kWidth;
      const Vector signs = _mm512_and_ps(_mm512_load_ps(y + at), sign);
      const Vector term = _mm512_xor_ps(_mm512_load_ps(z + at), signs);
      sum.lanes[k] = _mm512_add_ps(sum.lanes[k], term);
    }
  }
  return total(sum);
}

}  // namespace sluice

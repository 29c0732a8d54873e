// The steps that sum in 64 lanes, with AVX-512: a set of lanes is four registers, and what is
// missing from the last set is masked away. Additions only: an FMA would round once where the other
// instruction sets round twice.
#include <immintrin.h>

#include <cmath>
#include <cstring>

#include "steps.h"

namespace sluice {
namespace {

constexpr size_t kWidth = 16;
constexpr size_t kRegisters = kLanes / kWidth;

using Vector = __m512;
// Bit i: whether lane i is there. Nothing is read of lanes that are not.
using Mask = __mmask16;
constexpr Mask kAll = 0xffff;

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

// The lanes of register `k` of a set of which `left` are there.
Mask lanes_of(size_t k, size_t left) {
  if (left >= (k + 1) * kWidth) return kAll;
  return left <= k * kWidth ? Mask{0} : static_cast<Mask>((1u << (left - k * kWidth)) - 1);
}

// All lanes of one sum.
struct Sum {
  Vector lanes[kRegisters];
};

float total(const Sum& sum) {
  const Vector* const v = sum.lanes;
  // h = 32, 16.
  const Vector sixteen = _mm512_add_ps(_mm512_add_ps(v[0], v[2]), _mm512_add_ps(v[1], v[3]));
  const __m256 eight =
      _mm256_add_ps(_mm512_castps512_ps256(sixteen), _mm512_extractf32x8_ps(sixteen, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

// Which lanes of a set are there.
struct Masks {
  Mask of[kRegisters];
};

constexpr Masks kWhole = {{kAll, kAll, kAll, kAll}};

Masks masks_of(size_t left) {
  return {{lanes_of(0, left), lanes_of(1, left), lanes_of(2, left), lanes_of(3, left)}};
}

// Calls step(at, masks) for every set, the last one with what is left.
template <class Step>
void for_each_set(size_t elements, const Step& step) {
  size_t at = 0;
  for (; at + kLanes <= elements; at += kLanes) step(at, kWhole);
  if (at < elements) step(at, masks_of(elements - at));
}

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

// The sum of term(a, b) over elements that lie anywhere; of two zeros it must be zero.
template <class Term>
float sum_pairs(const float* a, const float* b, size_t elements, const Term& term) {
  Sum sum = {};
  for_each_set(elements, [&](size_t at, const Masks& masks) {
    for (size_t k = 0; k < kRegisters; k++) {
      const size_t i = at + k * kWidth;
      // SAFETY: a masked load touches only the lanes that are there.
      const Vector x = _mm512_maskz_loadu_ps(masks.of[k], a + i);
      const Vector y = _mm512_maskz_loadu_ps(masks.of[k], b + i);
      sum.lanes[k] = _mm512_add_ps(sum.lanes[k], term(x, y));
    }
  });
  return total(sum);
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

float inner_product_avx512(const float* a, const float* b, size_t elements) {
  return sum_pairs(a, b, elements, [](Vector x, Vector y) { return _mm512_mul_ps(x, y); });
}

float squared_distance_avx512(const float* a, const float* b, size_t elements) {
  return sum_pairs(a, b, elements, [](Vector x, Vector y) {
    const Vector difference = _mm512_sub_ps(x, y);
    return _mm512_mul_ps(difference, difference);
  });
}

}  // namespace sluice

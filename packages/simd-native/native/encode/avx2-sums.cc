// The steps that sum in 64 lanes, with AVX2. A full set of lanes is eight registers; two sums at
// once are made half a set at a time, so that nothing spills. Additions only: an FMA would round
// once where the other instruction sets round twice.
#include <cmath>
#include <cstring>

#include "avx2-lanes.h"

namespace sluice {
namespace {

// Registers of half the lanes.
constexpr size_t kHalf = kRegisters / 2;

__m128i load_bytes(const uint8_t* bytes) {
  // SAFETY, of all loads: the caller has eight elements left; loads need no alignment.
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
}

__m128i load_halves(const uint8_t* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

// Eight elements of a type; kBits is how long one is.
struct Float32 {
  static constexpr size_t kBits = 32;
  static Vector load(const uint8_t* bytes) {
    return _mm256_loadu_ps(reinterpret_cast<const float*>(bytes));
  }
};

struct Float16 {
  static constexpr size_t kBits = 16;
  static Vector load(const uint8_t* bytes) { return _mm256_cvtph_ps(load_halves(bytes)); }
};

// The upper half of a float32.
struct Bfloat16 {
  static constexpr size_t kBits = 16;
  static Vector load(const uint8_t* bytes) {
    const __m256i words = _mm256_cvtepu16_epi32(load_halves(bytes));
    return _mm256_castsi256_ps(_mm256_slli_epi32(words, 16));
  }
};

struct Int16 {
  static constexpr size_t kBits = 16;
  static Vector load(const uint8_t* bytes) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(load_halves(bytes)));
  }
};

struct Uint16 {
  static constexpr size_t kBits = 16;
  static Vector load(const uint8_t* bytes) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(load_halves(bytes)));
  }
};

struct Int8 {
  static constexpr size_t kBits = 8;
  static Vector load(const uint8_t* bytes) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(load_bytes(bytes)));
  }
};

struct Uint8 {
  static constexpr size_t kBits = 8;
  static Vector load(const uint8_t* bytes) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(load_bytes(bytes)));
  }
};

// The most significant bit first.
struct Bit {
  static constexpr size_t kBits = 1;
  static Vector load(const uint8_t* bytes) {
    const __m256i masks = _mm256_setr_epi32(128, 64, 32, 16, 8, 4, 2, 1);
    const __m256i bits = _mm256_and_si256(_mm256_set1_epi32(*bytes), masks);
    const __m256i set = _mm256_cmpeq_epi32(bits, masks);
    return _mm256_and_ps(_mm256_castsi256_ps(set), _mm256_set1_ps(1.0f));
  }
};

Vector magnitude(Vector x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }

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
    return _mm256_loadu_ps(floats + lane);
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
    for (size_t k = 0; k < kRegisters; k++) {
      const Vector x = sets.row(set, k * kWidth);
      sum.lanes[k] = _mm256_add_ps(sum.lanes[k], _mm256_mul_ps(x, x));
    }
  }
  return total(sum);
}

// u = x scale, r = u - c, R and a. A scale of 1 changes nothing.
template <class Element, bool kInner>
void centre_row(const Sets<Element>& sets, size_t count, float scale, CentredRow* out) {
  const Vector scales = _mm256_set1_ps(scale);
  Sum squared;
  Sum inner;
  for (size_t half = 0; half < 2; half++) {
    Vector squares[kHalf] = {};
    Vector products[kHalf] = {};
    for (size_t set = 0; set < count; set++) {
      for (size_t k = 0; k < kHalf; k++) {
        const size_t lane = (half * kHalf + k) * kWidth;
        const Vector c = sets.mean(set, lane);
        const Vector u = _mm256_mul_ps(sets.row(set, lane), scales);
        const Vector r = _mm256_sub_ps(u, c);
        // SAFETY: out has room for whole sets.
        _mm256_store_ps(out->u + set * kLanes + lane, u);
        _mm256_store_ps(out->r + set * kLanes + lane, r);
        squares[k] = _mm256_add_ps(squares[k], _mm256_mul_ps(r, r));
        if (kInner) products[k] = _mm256_add_ps(products[k], _mm256_mul_ps(u, c));
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
    return centre_wide(kEncodeStepsAvx2, space, row, out);
  }
  centre_row<Element, true>(sets, count, 1.0f / std::sqrt(norm), out);
}

}  // namespace

void centre_avx2(const Space& space, const uint8_t* row, CentredRow* out) {
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
    default: return centre_wide(kEncodeStepsAvx2, space, row, out);
  }
}

float code_avx2(const float* y, size_t code_dimension, uint8_t* code) {
  Sum sum = {};
  // SAFETY: y has whole sets of lanes; a code has a byte for eight of them.
  for (size_t i = 0; i < code_dimension; i += kLanes) {
    uint64_t negative = 0;
    for (size_t k = 0; k < kRegisters; k++) {
      const Vector x = _mm256_load_ps(y + i + k * kWidth);
      negative |= static_cast<uint64_t>(_mm256_movemask_ps(x)) << k * kWidth;
      sum.lanes[k] = _mm256_add_ps(sum.lanes[k], magnitude(x));
    }
    const uint64_t bits = ~negative;
    std::memcpy(code + i / 8, &bits, sizeof(bits));
  }
  return total(sum);
}

float signed_sum_avx2(const float* y, const float* z, size_t code_dimension) {
  const Vector sign = _mm256_set1_ps(-0.0f);
  Sum sum = {};
  // SAFETY: y and z have whole sets of lanes.
  for (size_t i = 0; i < code_dimension; i += kLanes) {
    for (size_t k = 0; k < kRegisters; k++) {
      const size_t at = i + k * kWidth;
      const Vector signs = _mm256_and_ps(_mm256_load_ps(y + at), sign);
      const Vector term = _mm256_xor_ps(_mm256_load_ps(z + at), signs);
      sum.lanes[k] = _mm256_add_ps(sum.lanes[k], term);
    }
  }
  return total(sum);
}

}  // namespace sluice

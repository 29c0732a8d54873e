// The steps that sum in 64 lanes, with AVX2. A full set of lanes is eight registers; two sums at
// once are made half a set at a time, so that nothing spills. Additions only: an FMA would round
// once where the other instruction sets round twice.
#include <immintrin.h>

#include <cmath>
#include <cstring>

#include "steps.h"

namespace sluice {
namespace {

constexpr size_t kWidth = 8;
// Registers of half the lanes.
constexpr size_t kHalf = kLanes / kWidth / 2;

using Vector = __m256;

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

// All lanes of one sum.
struct Sum {
  Vector lanes[2 * kHalf];
};

float total(const Sum& sum) {
  const Vector* const v = sum.lanes;
  // h = 32, 16, 8.
  const Vector even = _mm256_add_ps(_mm256_add_ps(v[0], v[4]), _mm256_add_ps(v[2], v[6]));
  const Vector odd = _mm256_add_ps(_mm256_add_ps(v[1], v[5]), _mm256_add_ps(v[3], v[7]));
  const Vector eight = _mm256_add_ps(even, odd);
  // h = 4, 2, 1.
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

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
    for (size_t k = 0; k < 2 * kHalf; k++) {
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

// Lanes of a register that are below `count`.
__m256i lanes_below(size_t count) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lane);
}

// The sum of Term::of(a, b) over elements that lie anywhere; of two zeros it must be zero.
template <class Term>
float sum_pairs(const float* a, const float* b, size_t elements) {
  Sum sum = {};
  size_t i = 0;
  for (; i + kLanes <= elements; i += kLanes) {
    for (size_t k = 0; k < 2 * kHalf; k++) {
      const size_t at = i + k * kWidth;
      const Vector term = Term::of(_mm256_loadu_ps(a + at), _mm256_loadu_ps(b + at));
      sum.lanes[k] = _mm256_add_ps(sum.lanes[k], term);
    }
  }
  // SAFETY: a masked load touches only the lanes below the number of elements left.
  for (size_t k = 0; k < 2 * kHalf && i < elements; k++) {
    const size_t at = i + k * kWidth;
    const __m256i mask = lanes_below(at < elements ? elements - at : 0);
    const Vector term =
        Term::of(_mm256_maskload_ps(a + at, mask), _mm256_maskload_ps(b + at, mask));
    sum.lanes[k] = _mm256_add_ps(sum.lanes[k], term);
  }
  return total(sum);
}

struct Product {
  static Vector of(Vector a, Vector b) { return _mm256_mul_ps(a, b); }
};

struct SquaredDifference {
  static Vector of(Vector a, Vector b) {
    const Vector difference = _mm256_sub_ps(a, b);
    return _mm256_mul_ps(difference, difference);
  }
};

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
    for (size_t k = 0; k < 2 * kHalf; k++) {
      const Vector x = _mm256_load_ps(y + i + k * kWidth);
      negative |= static_cast<uint64_t>(_mm256_movemask_ps(x)) << k * kWidth;
      sum.lanes[k] = _mm256_add_ps(sum.lanes[k], magnitude(x));
    }
    const uint64_t bits = ~negative;
    std::memcpy(code + i / 8, &bits, sizeof(bits));
  }
  return total(sum);
}

float inner_product_avx2(const float* a, const float* b, size_t elements) {
  return sum_pairs<Product>(a, b, elements);
}

float squared_distance_avx2(const float* a, const float* b, size_t elements) {
  return sum_pairs<SquaredDifference>(a, b, elements);
}

}  // namespace sluice

// Sums over rows of floats with AVX-512 (F, BW, DQ, VL), in float64: a product of float32 or
// narrower is exact there and nothing overflows, so the error is that of adding (for l2, of
// subtracting too): |error| <= (elements + 3) * 2^-53 * sum |terms|. VDPBF16PS is of no use: it
// adds in float32 and takes subnormals for zeros.
// Thirty-two elements a step in four sums; an FMA has latency 4. One row after the other: several
// side by side are no faster from the cache, and the hardware does not see them coming from memory
// (half the speed on Zen 5); nor is a loop unrolled for 384 elements. A row's end is loaded under a
// mask, which never faults.
#include <immintrin.h>

#include "distance.h"

namespace sluice {
namespace {

constexpr size_t kSums = 4;
constexpr size_t kLanes = 8;
constexpr size_t kStep = kSums * kLanes;

// SAFETY, of all elements: `load` has eight elements left, the other one those its mask names;
// neither needs alignment.
struct Float64 {
  static constexpr size_t kBytes = 8;
  static __m512d load(const uint8_t* bytes) { return _mm512_loadu_pd(bytes); }
  static __m512d load(const uint8_t* bytes, __mmask8 mask) {
    return _mm512_maskz_loadu_pd(mask, bytes);
  }
};

struct Float32 {
  static constexpr size_t kBytes = 4;
  static __m512d load(const uint8_t* bytes) {
    return _mm512_cvtps_pd(_mm256_loadu_ps(reinterpret_cast<const float*>(bytes)));
  }
  static __m512d load(const uint8_t* bytes, __mmask8 mask) {
    return _mm512_cvtps_pd(_mm256_maskz_loadu_ps(mask, bytes));
  }
};

struct Float16 {
  static constexpr size_t kBytes = 2;
  static __m512d widen(__m128i halves) { return _mm512_cvtps_pd(_mm256_cvtph_ps(halves)); }
  static __m512d load(const uint8_t* bytes) {
    return widen(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
  }
  static __m512d load(const uint8_t* bytes, __mmask8 mask) {
    return widen(_mm_maskz_loadu_epi16(mask, bytes));
  }
};

// The upper half of a float32.
struct Bfloat16 {
  static constexpr size_t kBytes = 2;
  static __m512d widen(__m128i halves) {
    const __m256i places = _mm256_set_epi16(7, 0, 6, 0, 5, 0, 4, 0, 3, 0, 2, 0, 1, 0, 0, 0);
    const __m256i words =
        _mm256_maskz_permutexvar_epi16(0xaaaa, places, _mm256_castsi128_si256(halves));
    return _mm512_cvtps_pd(_mm256_castsi256_ps(words));
  }
  static __m512d load(const uint8_t* bytes) {
    return widen(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
  }
  static __m512d load(const uint8_t* bytes, __mmask8 mask) {
    return widen(_mm_maskz_loadu_epi16(mask, bytes));
  }
};

struct Int64 {
  static constexpr size_t kBytes = 8;
  static __m512d load(const uint8_t* bytes) {
    return _mm512_cvtepi64_pd(_mm512_loadu_si512(bytes));
  }
  static __m512d load(const uint8_t* bytes, __mmask8 mask) {
    return _mm512_cvtepi64_pd(_mm512_maskz_loadu_epi64(mask, bytes));
  }
};

struct Uint64 {
  static constexpr size_t kBytes = 8;
  static __m512d load(const uint8_t* bytes) {
    return _mm512_cvtepu64_pd(_mm512_loadu_si512(bytes));
  }
  static __m512d load(const uint8_t* bytes, __mmask8 mask) {
    return _mm512_cvtepu64_pd(_mm512_maskz_loadu_epi64(mask, bytes));
  }
};

// The lanes of the first `left` elements.
__mmask8 mask_of(size_t left) {
  return static_cast<__mmask8>(left < kLanes ? (1u << left) - 1 : 0xffu);
}

double total(const __m512d* sums) {
  return _mm512_reduce_add_pd(
      _mm512_add_pd(_mm512_add_pd(sums[0], sums[1]), _mm512_add_pd(sums[2], sums[3])));
}

// The sums of a row, over the elements seen so far.
struct State {
  __m512d sums[kSums];
  __m512d norms[kSums];
};

template <Metric kMetric>
void add(__m512d query, __m512d row, size_t j, State* state) {
  const __m512d factor = kMetric == Metric::kL2 ? _mm512_sub_pd(query, row) : row;
  const __m512d other = kMetric == Metric::kL2 ? factor : query;
  state->sums[j] = _mm512_fmadd_pd(other, factor, state->sums[j]);
  if (kMetric == Metric::kCosine) state->norms[j] = _mm512_fmadd_pd(row, row, state->norms[j]);
}

// Asks for the lines of a row, due later, that begin in a step. A prefetch never faults. Always
// inline: GCC takes a function that only prefetches for one without effect, and drops its calls.
template <size_t kBytes>
__attribute__((always_inline)) inline void ask(const uint8_t* row, size_t start) {
  if (kBytes < kLineBytes && start % kLineBytes >= kBytes) return;
  for (size_t at = 0; at < kBytes; at += kLineBytes) __builtin_prefetch(row + start + at);
}

template <class Element, Metric kMetric>
FloatSums row_sums(const Query& query, const uint8_t* row, const uint8_t* ahead) {
  State state;
  for (size_t j = 0; j < kSums; j++) state.sums[j] = state.norms[j] = _mm512_setzero_pd();
  const size_t elements = query.elements;
  size_t i = 0;
  // SAFETY: i + kStep <= elements for the row; the query is padded to whole steps.
  for (; i + kStep <= elements; i += kStep) {
    ask<kStep * Element::kBytes>(ahead, i * Element::kBytes);
    for (size_t j = 0; j < kSums; j++) {
      const size_t at = i + kLanes * j;
      const __m512d x = Element::load(row + at * Element::kBytes);
      add<kMetric>(_mm512_load_pd(query.numbers + at), x, j, &state);
    }
  }
  if (i < elements) ask<kStep * Element::kBytes>(ahead, i * Element::kBytes);
  for (size_t j = 0; j < kSums; j++) {
    const size_t at = i + kLanes * j;
    if (at >= elements) break;
    const __m512d x = Element::load(row + at * Element::kBytes, mask_of(elements - at));
    add<kMetric>(_mm512_load_pd(query.numbers + at), x, j, &state);
  }
  return {total(state.sums), kMetric == Metric::kCosine ? total(state.norms) : 0};
}

template <class Element, Metric kMetric>
void scan(const Query& query, const Batch& batch, FloatSums* out) {
  // SAFETY: row < count, of rows, ahead and out.
  for (size_t row = 0; row < batch.count; row++) {
    out[row] = row_sums<Element, kMetric>(query, batch.rows[row], batch.ahead[row]);
  }
}

template <class Element>
void widen(const uint8_t* row, size_t elements, double* out) {
  // SAFETY: the mask keeps to the row's end; out has room for whole steps.
  for (size_t i = 0; i < elements; i += kLanes) {
    const __mmask8 mask = mask_of(elements - i);
    _mm512_storeu_pd(out + i, Element::load(row + i * Element::kBytes, mask));
  }
}

#define SLUICE_SCANS(Element) \
  {scan<Element, Metric::kCosine>, scan<Element, Metric::kDot>, scan<Element, Metric::kL2>}

}  // namespace

const FloatScans kFloatScansAvx512 = {
    {widen<Float64>, widen<Float32>, widen<Float16>, widen<Bfloat16>, widen<Int64>, widen<Uint64>},
    {SLUICE_SCANS(Float64), SLUICE_SCANS(Float32), SLUICE_SCANS(Float16), SLUICE_SCANS(Bfloat16),
     SLUICE_SCANS(Int64), SLUICE_SCANS(Uint64)}};

}  // namespace sluice

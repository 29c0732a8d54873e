// Sums over rows of floats with AVX2, FMA and F16C, in float64: a product of float32 or narrower is
// exact there and nothing overflows, so the error is that of adding (for l2, of subtracting too):
// |error| <= (elements + 3) * 2^-53 * sum |terms|.
// Sixteen elements a step in four sums; an FMA has latency 4. Bound by conversions (vcvtps2pd), one
// for every four elements. One row after the other: two side by side are no faster from the cache,
// and the hardware does not see them coming from memory (a third of the speed on Zen 5).
#include <immintrin.h>

#include <cstring>

#include "distance.h"

namespace sluice {
namespace {

constexpr size_t kSums = 4;
constexpr size_t kStep = 16;

struct Float64 {
  static constexpr size_t kBytes = 8;
  // SAFETY: every load has four elements left; loadu needs no alignment.
  static __m256d load(const uint8_t* bytes) {
    return _mm256_loadu_pd(reinterpret_cast<const double*>(bytes));
  }
};

struct Float32 {
  static constexpr size_t kBytes = 4;
  static __m256d load(const uint8_t* bytes) {
    return _mm256_cvtps_pd(_mm_loadu_ps(reinterpret_cast<const float*>(bytes)));
  }
};

struct Float16 {
  static constexpr size_t kBytes = 2;
  static __m256d load(const uint8_t* bytes) {
    return _mm256_cvtps_pd(_mm_cvtph_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes))));
  }
};

// The upper half of a float32.
struct Bfloat16 {
  static constexpr size_t kBytes = 2;
  static __m256d load(const uint8_t* bytes) {
    const __m128i halves = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
    const __m128i words = _mm_unpacklo_epi16(_mm_setzero_si128(), halves);
    return _mm256_cvtps_pd(_mm_castsi128_ps(words));
  }
};

// A 64-bit integer is high * 2^32 + low; both become doubles by landing in the fraction of a power
// of two (2^84 and 2^52), and only their addition rounds. `kFlip` makes the high word of a signed
// integer unsigned, which adds 2^63.
template <uint64_t kFlip, uint64_t kOffset>
struct Integer64 {
  static constexpr size_t kBytes = 8;
  static __m256d load(const uint8_t* bytes) {
    const __m256i value = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
    const __m256i low = _mm256_blend_epi16(_mm256_set1_epi64x(0x4330000000000000), value, 0x33);
    const __m256i high =
        _mm256_xor_si256(_mm256_srli_epi64(value, 32),
                         _mm256_set1_epi64x(static_cast<long long>(0x4530000000000000u | kFlip)));
    // 2^84 + 2^52, and 2^63 more for a signed integer.
    const __m256d offset =
        _mm256_castsi256_pd(_mm256_set1_epi64x(static_cast<long long>(kOffset)));
    return _mm256_add_pd(_mm256_sub_pd(_mm256_castsi256_pd(high), offset),
                         _mm256_castsi256_pd(low));
  }
};

using Int64 = Integer64<0x80000000u, 0x4530000080100000u>;
using Uint64 = Integer64<0, 0x4530000000100000u>;

double total(const __m256d* sums) {
  double lanes[4];
  // SAFETY: lanes has room for 32 bytes.
  _mm256_storeu_pd(lanes,
                   _mm256_add_pd(_mm256_add_pd(sums[0], sums[1]), _mm256_add_pd(sums[2], sums[3])));
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

// The sums of a row, over the elements seen so far.
struct State {
  __m256d sums[kSums];
  __m256d norms[kSums];
};

template <Metric kMetric>
void add(__m256d query, __m256d row, size_t j, State* state) {
  const __m256d factor = kMetric == Metric::kL2 ? _mm256_sub_pd(query, row) : row;
  const __m256d other = kMetric == Metric::kL2 ? factor : query;
  state->sums[j] = _mm256_fmadd_pd(other, factor, state->sums[j]);
  if (kMetric == Metric::kCosine) state->norms[j] = _mm256_fmadd_pd(row, row, state->norms[j]);
}

template <class Element, Metric kMetric>
void add_step(const double* query, const uint8_t* row, State* state) {
  for (size_t j = 0; j < kSums; j++) {
    const __m256d x = Element::load(row + 4 * j * Element::kBytes);
    add<kMetric>(_mm256_load_pd(query + 4 * j), x, j, state);
  }
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
  for (size_t j = 0; j < kSums; j++) state.sums[j] = state.norms[j] = _mm256_setzero_pd();
  const size_t elements = query.elements;
  size_t i = 0;
  // SAFETY: i + kStep <= elements for the row; the query is padded to whole steps.
  for (; i + kStep <= elements; i += kStep) {
    ask<kStep * Element::kBytes>(ahead, i * Element::kBytes);
    add_step<Element, kMetric>(query.numbers + i, row + i * Element::kBytes, &state);
  }
  if (i < elements) {
    ask<kStep * Element::kBytes>(ahead, i * Element::kBytes);
    uint8_t rest[kStep * Element::kBytes] = {};
    std::memcpy(rest, row + i * Element::kBytes, (elements - i) * Element::kBytes);
    add_step<Element, kMetric>(query.numbers + i, rest, &state);
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
  size_t i = 0;
  // SAFETY: i + 4 <= elements in the loop; out has room for whole steps.
  for (; i + 4 <= elements; i += 4) {
    _mm256_storeu_pd(out + i, Element::load(row + i * Element::kBytes));
  }
  if (i == elements) return;
  uint8_t rest[4 * Element::kBytes] = {};
  std::memcpy(rest, row + i * Element::kBytes, (elements - i) * Element::kBytes);
  _mm256_storeu_pd(out + i, Element::load(rest));
}

#define SLUICE_SCANS(Element) \
  {scan<Element, Metric::kCosine>, scan<Element, Metric::kDot>, scan<Element, Metric::kL2>}

}  // namespace

const FloatScans kFloatScansAvx2 = {
    {widen<Float64>, widen<Float32>, widen<Float16>, widen<Bfloat16>, widen<Int64>, widen<Uint64>},
    {SLUICE_SCANS(Float64), SLUICE_SCANS(Float32), SLUICE_SCANS(Float16), SLUICE_SCANS(Bfloat16),
     SLUICE_SCANS(Int64), SLUICE_SCANS(Uint64)}};

}  // namespace sluice

// Sums over float32 rows with AVX2 and FMA, in float64: a product of two float32 is exact there
// and nothing overflows, so the error is that of adding (for l2, of subtracting too):
// |error| <= (elements + 3) * 2^-53 * sum |terms|.
// Sixteen elements a step: four conversions (vcvtps2pd) and four FMAs, eight for cosine, in four
// accumulators (latency 4, two a cycle). About 100 cycles for 384 elements in cache, less than the
// memory needs to bring them.
#include <immintrin.h>

#include <cstring>

#include "../kernels.h"

namespace sluice {
namespace {

__m256d widen(const uint8_t* row) {
  // SAFETY: the caller has at least 16 bytes left; loadu needs no alignment.
  return _mm256_cvtps_pd(_mm_loadu_ps(reinterpret_cast<const float*>(row)));
}

double element(const uint8_t* row, size_t index) {
  float value;
  // SAFETY: the caller's index is below the row's elements.
  std::memcpy(&value, row + index * sizeof(float), sizeof(float));
  return static_cast<double>(value);
}

double add_lanes(__m256d a, __m256d b, __m256d c, __m256d d) {
  double lanes[4];
  // SAFETY: lanes has room for 32 bytes.
  _mm256_storeu_pd(lanes, _mm256_add_pd(_mm256_add_pd(a, b), _mm256_add_pd(c, d)));
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

}  // namespace

double dot_float32_avx2(const double* query, const uint8_t* row, size_t elements) {
  __m256d a = _mm256_setzero_pd();
  __m256d b = a;
  __m256d c = a;
  __m256d d = a;
  size_t i = 0;
  for (; i + 16 <= elements; i += 16) {
    // SAFETY: i + 16 <= elements, for query (8 bytes each) and row (4 bytes each).
    const double* q = query + i;
    const uint8_t* x = row + i * sizeof(float);
    a = _mm256_fmadd_pd(_mm256_loadu_pd(q), widen(x), a);
    b = _mm256_fmadd_pd(_mm256_loadu_pd(q + 4), widen(x + 16), b);
    c = _mm256_fmadd_pd(_mm256_loadu_pd(q + 8), widen(x + 32), c);
    d = _mm256_fmadd_pd(_mm256_loadu_pd(q + 12), widen(x + 48), d);
  }
  double sum = add_lanes(a, b, c, d);
  // SAFETY: i < elements.
  for (; i < elements; i++) sum += query[i] * element(row, i);
  return sum;
}

double l2_float32_avx2(const double* query, const uint8_t* row, size_t elements) {
  __m256d a = _mm256_setzero_pd();
  __m256d b = a;
  __m256d c = a;
  __m256d d = a;
  size_t i = 0;
  for (; i + 16 <= elements; i += 16) {
    // SAFETY: i + 16 <= elements, for query (8 bytes each) and row (4 bytes each).
    const double* q = query + i;
    const uint8_t* x = row + i * sizeof(float);
    const __m256d e = _mm256_sub_pd(_mm256_loadu_pd(q), widen(x));
    const __m256d f = _mm256_sub_pd(_mm256_loadu_pd(q + 4), widen(x + 16));
    const __m256d g = _mm256_sub_pd(_mm256_loadu_pd(q + 8), widen(x + 32));
    const __m256d h = _mm256_sub_pd(_mm256_loadu_pd(q + 12), widen(x + 48));
    a = _mm256_fmadd_pd(e, e, a);
    b = _mm256_fmadd_pd(f, f, b);
    c = _mm256_fmadd_pd(g, g, c);
    d = _mm256_fmadd_pd(h, h, d);
  }
  double sum = add_lanes(a, b, c, d);
  for (; i < elements; i++) {
    // SAFETY: i < elements.
    const double difference = query[i] - element(row, i);
    sum += difference * difference;
  }
  return sum;
}

void cosine_float32_avx2(const double* query, const uint8_t* row, size_t elements, double* dot,
                         double* norm) {
  __m256d a = _mm256_setzero_pd();
  __m256d b = a;
  __m256d c = a;
  __m256d d = a;
  __m256d norm_a = a;
  __m256d norm_b = a;
  __m256d norm_c = a;
  __m256d norm_d = a;
  size_t i = 0;
  for (; i + 16 <= elements; i += 16) {
    // SAFETY: i + 16 <= elements, for query (8 bytes each) and row (4 bytes each).
    const double* q = query + i;
    const uint8_t* x = row + i * sizeof(float);
    const __m256d e = widen(x);
    const __m256d f = widen(x + 16);
    const __m256d g = widen(x + 32);
    const __m256d h = widen(x + 48);
    a = _mm256_fmadd_pd(_mm256_loadu_pd(q), e, a);
    b = _mm256_fmadd_pd(_mm256_loadu_pd(q + 4), f, b);
    c = _mm256_fmadd_pd(_mm256_loadu_pd(q + 8), g, c);
    d = _mm256_fmadd_pd(_mm256_loadu_pd(q + 12), h, d);
    norm_a = _mm256_fmadd_pd(e, e, norm_a);
    norm_b = _mm256_fmadd_pd(f, f, norm_b);
    norm_c = _mm256_fmadd_pd(g, g, norm_c);
    norm_d = _mm256_fmadd_pd(h, h, norm_d);
  }
  double dot_sum = add_lanes(a, b, c, d);
  double norm_sum = add_lanes(norm_a, norm_b, norm_c, norm_d);
  for (; i < elements; i++) {
    // SAFETY: i < elements.
    const double x = element(row, i);
    dot_sum += query[i] * x;
    norm_sum += x * x;
  }
  // SAFETY: both point to the caller's variables.
  *dot = dot_sum;
  *norm = norm_sum;
}

}  // namespace sluice

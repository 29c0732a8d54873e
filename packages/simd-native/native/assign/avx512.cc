// The steps of assigning with AVX-512 (F, DQ, VL). Keys are compressed into a register first:
// VPCOMPRESSD to memory is many times slower on Zen 4.
#include <immintrin.h>

#include "assign.h"

namespace sluice {
namespace {

constexpr size_t kLanes = 16;

// SAFETY, of this file: arrays of keys and their floats are whole runs of kKeyRun; others are as
// long as `elements` says, and their ends are loaded and stored under a mask. Nothing needs
// alignment.
__m512i keys_of(__m512 estimates) {
  const __m512 values = _mm512_add_ps(estimates, _mm512_setzero_ps());
  const __m512i bits = _mm512_castps_si512(values);
  const __m512i flips = _mm512_srli_epi32(_mm512_srai_epi32(bits, 31), 1);
  const __mmask16 is_nan = _mm512_cmp_ps_mask(values, values, _CMP_UNORD_Q);
  return _mm512_mask_set1_epi32(_mm512_xor_si512(bits, flips), is_nan, kInfiniteKey);
}

void keys(const float* estimates, size_t count, int32_t* keys, int32_t* minima) {
  const size_t length = (count + kKeyRun - 1) / kKeyRun * kKeyRun;
  for (size_t i = 0; i < length; i += kLanes) {
    _mm512_storeu_si512(keys + i, keys_of(_mm512_loadu_ps(estimates + i)));
  }
  for (size_t i = count; i < length; i++) keys[i] = kNoKey;
  __m512i least[kKeyRun / kLanes];
  for (__m512i& lanes : least) lanes = _mm512_set1_epi32(kNoKey);
  for (size_t i = 0; i < length; i += kKeyRun) {
    for (size_t j = 0; j < kKeyRun / kLanes; j++) {
      least[j] = _mm512_min_epi32(least[j], _mm512_loadu_si512(keys + i + j * kLanes));
    }
  }
  for (size_t j = 0; j < kKeyRun / kLanes; j++) _mm512_storeu_si512(minima + j * kLanes, least[j]);
}

size_t count(const int32_t* keys, size_t length, int32_t limit) {
  const __m512i limits = _mm512_set1_epi32(limit);
  size_t found = 0;
  for (size_t i = 0; i < length; i += kLanes) {
    const __mmask16 kept = _mm512_cmple_epi32_mask(_mm512_loadu_si512(keys + i), limits);
    found += static_cast<size_t>(__builtin_popcount(kept));
  }
  return found;
}

size_t collect(const int32_t* keys, size_t length, int32_t limit, uint32_t* places) {
  const __m512i limits = _mm512_set1_epi32(limit);
  const __m512i step = _mm512_set1_epi32(kLanes);
  __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  size_t found = 0;
  // SAFETY: there is room for a register more than is found.
  for (size_t i = 0; i < length; i += kLanes) {
    const __mmask16 kept = _mm512_cmple_epi32_mask(_mm512_loadu_si512(keys + i), limits);
    _mm512_storeu_si512(places + found, _mm512_maskz_compress_epi32(kept, lanes));
    found += static_cast<size_t>(__builtin_popcount(kept));
    lanes = _mm512_add_epi32(lanes, step);
  }
  return found;
}

void subtract(const float* a, const float* b, size_t elements, float* out) {
  size_t i = 0;
  for (; i + kLanes <= elements; i += kLanes) {
    _mm512_storeu_ps(out + i, _mm512_sub_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i)));
  }
  const __mmask16 rest = static_cast<__mmask16>((1u << (elements - i)) - 1);
  _mm512_mask_storeu_ps(out + i, rest,
                        _mm512_sub_ps(_mm512_maskz_loadu_ps(rest, a + i),
                                      _mm512_maskz_loadu_ps(rest, b + i)));
}

void accumulate(const float* row, size_t elements, double* sums) {
  constexpr size_t kDoubles = 8;
  size_t i = 0;
  for (; i + kDoubles <= elements; i += kDoubles) {
    const __m512d wide = _mm512_cvtps_pd(_mm256_loadu_ps(row + i));
    _mm512_storeu_pd(sums + i, _mm512_add_pd(_mm512_loadu_pd(sums + i), wide));
  }
  const __mmask8 rest = static_cast<__mmask8>((1u << (elements - i)) - 1);
  const __m512d wide = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(rest, row + i));
  _mm512_mask_storeu_pd(sums + i, rest,
                        _mm512_add_pd(_mm512_maskz_loadu_pd(rest, sums + i), wide));
}

}  // namespace

const AssignSteps kAssignStepsAvx512 = {keys, count, collect, subtract, accumulate};

}  // namespace sluice

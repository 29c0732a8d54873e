// The steps of assigning with AVX-512 (F, DQ, VL).
#include <immintrin.h>

#include <cmath>

#include "assign.h"

namespace sluice {
namespace {

constexpr size_t kLanes = 16;

// SAFETY, of this file: arrays of keys and their floats are whole runs of kKeyRun; others are as
// long as `elements` says, and their ends are loaded and stored under a mask. Nothing needs
// alignment.
__m512i keys_of(__m512 estimates) {
  // Where either is NaN, MINPS gives the second.
  const __m512 values = _mm512_min_ps(estimates, _mm512_set1_ps(HUGE_VALF));
  const __m512i bits = _mm512_castps_si512(_mm512_add_ps(values, _mm512_setzero_ps()));
  return _mm512_xor_si512(bits, _mm512_srli_epi32(_mm512_srai_epi32(bits, 31), 1));
}

void keys(const float* estimates, size_t count, int32_t* keys, int32_t* minima) {
  __m512i least[kKeyRun / kLanes];
  for (__m512i& lanes : least) lanes = _mm512_set1_epi32(kNoKey);
  for (size_t i = 0; i < count; i += kKeyRun) {
    for (size_t j = 0; j < kKeyRun; j += kLanes) {
      _mm512_storeu_si512(keys + i + j, keys_of(_mm512_loadu_ps(estimates + i + j)));
    }
    for (size_t j = count; j < i + kKeyRun; j++) keys[j] = kNoKey;
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

// Bit i: whether key i of a run is at most the limit.
uint64_t find_kept(const int32_t* keys, __m512i limits) {
  __mmask16 kept[kKeyRun / kLanes];
  for (size_t i = 0; i < kKeyRun / kLanes; i++) {
    kept[i] = _mm512_cmple_epi32_mask(_mm512_loadu_si512(keys + i * kLanes), limits);
  }
  return _mm512_kunpackd(_mm512_kunpackw(kept[3], kept[2]), _mm512_kunpackw(kept[1], kept[0]));
}

// The places of the bits set, from `base` on; gives how many there are. Writes kGuessed places
// whether there are so many or not: the end of a short loop is seldom foreseen.
size_t list_bits(uint64_t bits, uint32_t base, uint32_t* places) {
  constexpr size_t kGuessed = 4;
  constexpr uint64_t kLast = uint64_t{1} << 63;
  const size_t count = static_cast<size_t>(__builtin_popcountll(bits));
  for (size_t i = 0; i < kGuessed; i++) {
    places[i] = base + static_cast<uint32_t>(__builtin_ctzll(bits | kLast));
    bits &= bits - 1;
  }
  for (size_t i = kGuessed; i < count; i++) {
    places[i] = base + static_cast<uint32_t>(__builtin_ctzll(bits));
    bits &= bits - 1;
  }
  return count;
}

size_t collect(const int32_t* keys, size_t length, int32_t limit, uint32_t* places) {
  const __m512i limits = _mm512_set1_epi32(limit);
  size_t found = 0;
  for (size_t i = 0; i < length; i += kKeyRun) {
    found += list_bits(find_kept(keys + i, limits), static_cast<uint32_t>(i), places + found);
  }
  return found;
}

int32_t select(const int32_t* keys, size_t count, size_t wanted) {
  constexpr size_t kTogether = 2;
  const __m512i above_max = _mm512_set1_epi32(static_cast<int32_t>(count - wanted));
  const __m512i one = _mm512_set1_epi32(1);
  __m512i least = _mm512_set1_epi32(kNoKey);
  for (size_t i = 0; i < count; i += kTogether * kLanes) {
    __m512i mine[kTogether];
    __m512i above[kTogether];
    for (size_t k = 0; k < kTogether; k++) {
      mine[k] = _mm512_loadu_si512(keys + i + k * kLanes);
      above[k] = _mm512_setzero_si512();
    }
    for (size_t j = 0; j < count; j++) {
      const __m512i other = _mm512_set1_epi32(keys[j]);
      for (size_t k = 0; k < kTogether; k++) {
        const __mmask16 is_above = _mm512_cmpgt_epi32_mask(other, mine[k]);
        above[k] = _mm512_mask_add_epi32(above[k], is_above, above[k], one);
      }
    }
    for (size_t k = 0; k < kTogether; k++) {
      const __mmask16 is_high = _mm512_cmple_epi32_mask(above[k], above_max);
      least = _mm512_mask_min_epi32(least, is_high, least, mine[k]);
    }
  }
  return _mm512_reduce_min_epi32(least);
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

const AssignSteps kAssignStepsAvx512 = {keys, count, collect, select, subtract, accumulate};

}  // namespace sluice

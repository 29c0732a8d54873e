// The steps of assigning with AVX2.
#include <immintrin.h>

#include <cmath>

#include "assign.h"

namespace sluice {
namespace {

constexpr size_t kLanes = 8;

// SAFETY, of this file: arrays of keys and their floats are whole runs of kKeyRun; others are as
// long as `elements` says. Loads and stores need no alignment.
__m256i load_keys(const int32_t* keys) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys));
}

void store_keys(int32_t* keys, __m256i values) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(keys), values);
}

__m256i keys_of(__m256 estimates) {
  // Where either is NaN, MINPS gives the second.
  const __m256 values = _mm256_min_ps(estimates, _mm256_set1_ps(HUGE_VALF));
  const __m256i bits = _mm256_castps_si256(_mm256_add_ps(values, _mm256_setzero_ps()));
  return _mm256_xor_si256(bits, _mm256_srli_epi32(_mm256_srai_epi32(bits, 31), 1));
}

void keys(const float* estimates, size_t count, int32_t* keys, int32_t* minima) {
  __m256i least[kKeyRun / kLanes];
  for (__m256i& lanes : least) lanes = _mm256_set1_epi32(kNoKey);
  for (size_t i = 0; i < count; i += kKeyRun) {
    for (size_t j = 0; j < kKeyRun; j += kLanes) {
      store_keys(keys + i + j, keys_of(_mm256_loadu_ps(estimates + i + j)));
    }
    for (size_t j = count; j < i + kKeyRun; j++) keys[j] = kNoKey;
    for (size_t j = 0; j < kKeyRun / kLanes; j++) {
      least[j] = _mm256_min_epi32(least[j], load_keys(keys + i + j * kLanes));
    }
  }
  for (size_t j = 0; j < kKeyRun / kLanes; j++) store_keys(minima + j * kLanes, least[j]);
}

size_t count(const int32_t* keys, size_t length, int32_t limit) {
  const __m256i limits = _mm256_set1_epi32(limit);
  __m256i above[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
  for (size_t i = 0; i < length; i += 2 * kLanes) {
    above[0] = _mm256_sub_epi32(above[0], _mm256_cmpgt_epi32(load_keys(keys + i), limits));
    above[1] = _mm256_sub_epi32(above[1], _mm256_cmpgt_epi32(load_keys(keys + i + kLanes), limits));
  }
  const __m256i sums = _mm256_add_epi32(above[0], above[1]);
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
  return length - static_cast<uint32_t>(_mm_cvtsi128_si32(sum));
}

// Bit i: whether key i of a run is at most the limit.
uint64_t find_kept(const int32_t* keys, __m256i limits) {
  uint64_t above = 0;
  for (size_t i = 0; i < kKeyRun; i += kLanes) {
    const __m256i lanes = _mm256_cmpgt_epi32(load_keys(keys + i), limits);
    above |= static_cast<uint64_t>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes))) << i;
  }
  return ~above;
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
  const __m256i limits = _mm256_set1_epi32(limit);
  size_t found = 0;
  for (size_t i = 0; i < length; i += kKeyRun) {
    found += list_bits(find_kept(keys + i, limits), static_cast<uint32_t>(i), places + found);
  }
  return found;
}

int32_t select(const int32_t* keys, size_t count, size_t wanted) {
  constexpr size_t kTogether = 4;
  const __m256i above_max = _mm256_set1_epi32(static_cast<int32_t>(count - wanted));
  __m256i least = _mm256_set1_epi32(kNoKey);
  for (size_t i = 0; i < count; i += kTogether * kLanes) {
    __m256i mine[kTogether];
    __m256i above[kTogether];
    for (size_t k = 0; k < kTogether; k++) {
      mine[k] = load_keys(keys + i + k * kLanes);
      above[k] = _mm256_setzero_si256();
    }
    for (size_t j = 0; j < count; j++) {
      const __m256i other = _mm256_set1_epi32(keys[j]);
      for (size_t k = 0; k < kTogether; k++) {
        above[k] = _mm256_sub_epi32(above[k], _mm256_cmpgt_epi32(other, mine[k]));
      }
    }
    for (size_t k = 0; k < kTogether; k++) {
      const __m256i is_low = _mm256_cmpgt_epi32(above[k], above_max);
      const __m256i no_key = _mm256_set1_epi32(kNoKey);
      least = _mm256_min_epi32(least, _mm256_blendv_epi8(mine[k], no_key, is_low));
    }
  }
  __m128i lanes = _mm_min_epi32(_mm256_castsi256_si128(least), _mm256_extracti128_si256(least, 1));
  lanes = _mm_min_epi32(lanes, _mm_shuffle_epi32(lanes, 0x4e));
  return _mm_cvtsi128_si32(_mm_min_epi32(lanes, _mm_shuffle_epi32(lanes, 0xb1)));
}

void subtract(const float* a, const float* b, size_t elements, float* out) {
  size_t i = 0;
  for (; i + kLanes <= elements; i += kLanes) {
    _mm256_storeu_ps(out + i, _mm256_sub_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i)));
  }
  for (; i < elements; i++) out[i] = a[i] - b[i];
}

void accumulate(const float* row, size_t elements, double* sums) {
  constexpr size_t kDoubles = 4;
  size_t i = 0;
  for (; i + kDoubles <= elements; i += kDoubles) {
    const __m256d wide = _mm256_cvtps_pd(_mm_loadu_ps(row + i));
    _mm256_storeu_pd(sums + i, _mm256_add_pd(_mm256_loadu_pd(sums + i), wide));
  }
  for (; i < elements; i++) sums[i] += static_cast<double>(row[i]);
}

}  // namespace

const AssignSteps kAssignStepsAvx2 = {keys, count, collect, select, subtract, accumulate};

}  // namespace sluice

// The exponent check with AVX-512: 256 bytes a step, an AND, an ADD and an OR for every 64. Bound
// by loads: two of 64 bytes per cycle from the first-level cache. The end is loaded under a mask,
// which never faults; the zeros it leaves are finite numbers.
#include <immintrin.h>

#include "../kernels.h"

namespace sluice {
namespace {

constexpr size_t kRegisters = 4;
constexpr size_t kRegisterBytes = 64;
constexpr size_t kStepBytes = kRegisters * kRegisterBytes;

// The lanes' mask and unit.
struct Format {
  __m512i mask;
  __m512i unit;
};

__m512i add(__m512i sums, __m512i words, const Format& format) {
  const __m512i exponents = _mm512_and_si512(words, format.mask);
  return _mm512_or_si512(sums, _mm512_add_epi64(exponents, format.unit));
}

}  // namespace

uint64_t exponent_sums_avx512(const uint8_t* bytes, size_t length, uint64_t mask, uint64_t unit) {
  const Format format = {_mm512_set1_epi64(static_cast<long long>(mask)),
                         _mm512_set1_epi64(static_cast<long long>(unit))};
  __m512i sums[kRegisters];
  for (size_t j = 0; j < kRegisters; j++) sums[j] = _mm512_setzero_si512();
  size_t at = 0;
  for (; at + kStepBytes <= length; at += kStepBytes) {
    // SAFETY: at + kStepBytes <= length.
    for (size_t j = 0; j < kRegisters; j++) {
      sums[j] = add(sums[j], _mm512_loadu_si512(bytes + at + j * kRegisterBytes), format);
    }
  }
  for (; at < length; at += kRegisterBytes) {
    const size_t left = length - at;
    const __mmask64 lanes = left < kRegisterBytes ? (__mmask64{1} << left) - 1 : ~__mmask64{0};
    // SAFETY: the mask keeps to the bytes that are left.
    sums[0] = add(sums[0], _mm512_maskz_loadu_epi8(lanes, bytes + at), format);
  }
  const __m512i both = _mm512_or_si512(sums[0], sums[1]);
  const __m512i others = _mm512_or_si512(sums[2], sums[3]);
  return static_cast<uint64_t>(_mm512_reduce_or_epi64(_mm512_or_si512(both, others)));
}

}  // namespace sluice

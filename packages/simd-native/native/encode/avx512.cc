// Tables with AVX-512, all 16 entries of one at a time, and the table of steps. Packing is that of
// AVX2: a hundredth of the work.
#include <immintrin.h>

#include "steps.h"

namespace sluice {
namespace {

// q in lanes whose number has a bit, which are those in `set`, and -q in the others.
__m512 turn(float q, __mmask16 set) {
  const __m512 all = _mm512_set1_ps(q);
  return _mm512_mask_xor_ps(all, static_cast<__mmask16>(~set), all, _mm512_set1_ps(-0.0f));
}

float magnitude(float q) { return __builtin_fabsf(q); }

void tables_avx512(const float* q, size_t code_dimension, float levels, float factor,
                   uint8_t* tables) {
  const __m512 levels_all = _mm512_set1_ps(levels);
  const __m512 factor_all = _mm512_set1_ps(factor);
  // SAFETY: q has code_dimension floats, a multiple of 64, and a table 16 bytes for four of them.
  for (size_t i = 0; i < code_dimension; i += 4) {
    const float* const v = q + i;
    const float weight = (magnitude(v[0]) + magnitude(v[1])) + (magnitude(v[2]) + magnitude(v[3]));
    const __m512 low = _mm512_add_ps(turn(v[0], 0xaaaa), turn(v[1], 0xcccc));
    const __m512 high = _mm512_add_ps(turn(v[2], 0xf0f0), turn(v[3], 0xff00));
    const __m512 value = _mm512_add_ps(_mm512_add_ps(low, high), _mm512_set1_ps(weight));
    const __m512 scaled = _mm512_mul_ps(value, factor_all);
    const __m512 bounded =
        _mm512_min_ps(_mm512_max_ps(scaled, _mm512_setzero_ps()), levels_all);
    const __m128i table = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(bounded));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(tables + 4 * i), table);
  }
}

}  // namespace

const EncodeSteps kEncodeStepsAvx512 = {centre_avx512,          rotate_avx512,
                                        code_avx512,            pack_avx2,
                                        tables_avx512,          inner_product_avx512,
                                        squared_distance_avx512};

}  // namespace sluice

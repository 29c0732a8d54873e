// Packing, tables and the table of steps for AVX2.
#include <immintrin.h>

#include <cstring>

#include "steps.h"

namespace sluice {
namespace {

// 16 codes' eight bytes from `column` on, to eight half rows of a block. Interleaving the first
// half of the bytes with the second one moves the highest bit of a byte's place to the end; four
// times, and the place of a row has become the place of a byte.
void pack_tile(const uint8_t* codes, size_t code_bytes, uint8_t* block) {
  __m128i rows[16];
  // SAFETY: 16 codes of code_bytes, of which eight are left; stores go to eight rows of 32 bytes.
  for (size_t i = 0; i < 16; i++) {
    rows[i] = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes + i * code_bytes));
  }
  __m128i a[8];
  __m128i b[8];
  for (size_t i = 0; i < 8; i++) a[i] = _mm_unpacklo_epi8(rows[i], rows[i + 8]);
  for (size_t i = 0; i < 4; i++) {
    b[2 * i] = _mm_unpacklo_epi8(a[i], a[i + 4]);
    b[2 * i + 1] = _mm_unpackhi_epi8(a[i], a[i + 4]);
  }
  for (size_t i = 0; i < 4; i++) {
    a[2 * i] = _mm_unpacklo_epi8(b[i], b[i + 4]);
    a[2 * i + 1] = _mm_unpackhi_epi8(b[i], b[i + 4]);
  }
  for (size_t i = 0; i < 4; i++) {
    b[2 * i] = _mm_unpacklo_epi8(a[i], a[i + 4]);
    b[2 * i + 1] = _mm_unpackhi_epi8(a[i], a[i + 4]);
  }
  for (size_t i = 0; i < 8; i++) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(block + i * kBlockRows), b[i]);
  }
}

// A sign bit where bit `bit` of a lane's number is not set.
__m256 signs_of(int bit) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const __m256i set = _mm256_sllv_epi32(lane, _mm256_set1_epi32(31 - bit));
  return _mm256_castsi256_ps(_mm256_andnot_si256(set, _mm256_set1_epi32(INT32_MIN)));
}

// Eight entries as 32-bit integers.
__m256i entries(__m256 value, __m256 weight, __m256 factor, __m256 levels) {
  const __m256 scaled = _mm256_mul_ps(_mm256_add_ps(value, weight), factor);
  const __m256 bounded = _mm256_min_ps(_mm256_max_ps(scaled, _mm256_setzero_ps()), levels);
  return _mm256_cvtps_epi32(bounded);
}

void tables_avx2(const float* q, size_t code_dimension, float levels, float factor,
                 uint8_t* tables) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  const __m256 levels_all = _mm256_set1_ps(levels);
  const __m256 factor_all = _mm256_set1_ps(factor);
  // SAFETY: q has code_dimension floats, a multiple of 64, and a table 16 bytes for four of them.
  for (size_t i = 0; i < code_dimension; i += 4) {
    __m256 v[4];
    for (size_t k = 0; k < 4; k++) v[k] = _mm256_broadcast_ss(q + i + k);
    const __m256 low = _mm256_add_ps(_mm256_xor_ps(v[0], signs_of(0)),
                                     _mm256_xor_ps(v[1], signs_of(1)));
    const __m256 third = _mm256_xor_ps(v[2], signs_of(2));
    const __m256 first_eight = _mm256_add_ps(low, _mm256_sub_ps(third, v[3]));
    const __m256 last_eight = _mm256_add_ps(low, _mm256_add_ps(third, v[3]));
    for (size_t k = 0; k < 4; k++) v[k] = _mm256_andnot_ps(sign, v[k]);
    const __m256 weight =
        _mm256_add_ps(_mm256_add_ps(v[0], v[1]), _mm256_add_ps(v[2], v[3]));
    const __m256i words =
        _mm256_packs_epi32(entries(first_eight, weight, factor_all, levels_all),
                           entries(last_eight, weight, factor_all, levels_all));
    const __m256i bytes = _mm256_packus_epi16(words, words);
    // Packing goes by halves: 0-3, 8-11 and 4-7, 12-15.
    const __m128i table = _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes),
                                             _mm256_extracti128_si256(bytes, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(tables + 4 * i), table);
  }
}

}  // namespace

void pack_avx2(const uint8_t* codes, size_t code_bytes, uint8_t* block) {
  // SAFETY: column + 8 <= code_bytes, which is a multiple of 8.
  for (size_t column = 0; column < code_bytes; column += 8) {
    uint8_t* const out = block + column * kBlockRows;
    pack_tile(codes + column, code_bytes, out);
    pack_tile(codes + column + 16 * code_bytes, code_bytes, out + 16);
  }
}

const EncodeSteps kEncodeStepsAvx2 = {centre_avx2,          rotate_avx2,
                                      code_avx2,            pack_avx2,
                                      tables_avx2,          inner_product_avx2,
                                      squared_distance_avx2};

}  // namespace sluice

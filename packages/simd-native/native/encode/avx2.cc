// Packing, and the table of steps for AVX2.
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

}  // namespace

void pack_avx2(const uint8_t* codes, size_t code_bytes, uint8_t* block) {
  // SAFETY: column + 8 <= code_bytes, which is a multiple of 8.
  for (size_t column = 0; column < code_bytes; column += 8) {
    uint8_t* const out = block + column * kBlockRows;
    pack_tile(codes + column, code_bytes, out);
    pack_tile(codes + column + 16 * code_bytes, code_bytes, out + 16);
  }
}

const EncodeSteps kEncodeStepsAvx2 = {
    centre_avx2, rotate_avx2, code_avx2,   signed_sum_avx2,
    pack_avx2,   weigh_avx2,  tables_avx2, inner_product_avx2,
    squared_distance_avx2, residual_product_avx2};

}  // namespace sluice

// Packing, and the table of steps for NEON.
#include <arm_neon.h>

#include "steps.h"

namespace sluice {
namespace {

// 16 codes' eight bytes from `column` on, to eight half rows of a block. Interleaving the first
// half of the bytes with the second one moves the highest bit of a byte's place to the end; four
// times, and the place of a row has become the place of a byte.
void pack_tile(const uint8_t* codes, size_t code_bytes, uint8_t* block) {
  uint8x16_t rows[16];
  // SAFETY: 16 codes of code_bytes, of which eight are left; stores go to eight rows of 32 bytes.
  for (size_t i = 0; i < 16; i++) {
    rows[i] = vcombine_u8(vld1_u8(codes + i * code_bytes), vdup_n_u8(0));
  }
  uint8x16_t a[8];
  uint8x16_t b[8];
  for (size_t i = 0; i < 8; i++) a[i] = vzip1q_u8(rows[i], rows[i + 8]);
  for (size_t i = 0; i < 4; i++) {
    b[2 * i] = vzip1q_u8(a[i], a[i + 4]);
    b[2 * i + 1] = vzip2q_u8(a[i], a[i + 4]);
  }
  for (size_t i = 0; i < 4; i++) {
    a[2 * i] = vzip1q_u8(b[i], b[i + 4]);
    a[2 * i + 1] = vzip2q_u8(b[i], b[i + 4]);
  }
  for (size_t i = 0; i < 4; i++) {
    b[2 * i] = vzip1q_u8(a[i], a[i + 4]);
    b[2 * i + 1] = vzip2q_u8(a[i], a[i + 4]);
  }
  for (size_t i = 0; i < 8; i++) vst1q_u8(block + i * kBlockRows, b[i]);
}

void pack(const uint8_t* codes, size_t code_bytes, uint8_t* block) {
  // SAFETY: column + 8 <= code_bytes, which is a multiple of 8.
  for (size_t column = 0; column < code_bytes; column += 8) {
    uint8_t* const out = block + column * kBlockRows;
    pack_tile(codes + column, code_bytes, out);
    pack_tile(codes + column + 16 * code_bytes, code_bytes, out + 16);
  }
}

}  // namespace

const EncodeSteps kEncodeStepsNeon = {
    centre_neon, rotate_neon, code_neon,   signed_sum_neon,
    pack,        weigh_neon,  tables_neon, inner_product_neon,
    squared_distance_neon, residual_product_neon};

}  // namespace sluice

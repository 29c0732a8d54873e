// CRC-32C by slicing-by-8, for CPUs without the instruction. Independent of byte order.
#include "../kernels.h"
#include "tables.h"

namespace sluice {
namespace {

uint32_t little_endian(const uint8_t* bytes) {
  // SAFETY: the caller has at least 4 bytes left.
  return static_cast<uint32_t>(bytes[0]) | static_cast<uint32_t>(bytes[1]) << 8 |
         static_cast<uint32_t>(bytes[2]) << 16 | static_cast<uint32_t>(bytes[3]) << 24;
}

}  // namespace

uint32_t crc32c_portable(uint32_t crc, const uint8_t* bytes, size_t length) {
  const auto& column = kSlices.column;
  uint32_t state = ~crc;
  size_t at = 0;
  for (; at + 8 <= length; at += 8) {
    // SAFETY: at + 8 <= length.
    const uint32_t low = little_endian(bytes + at) ^ state;
    const uint32_t high = little_endian(bytes + at + 4);
    state = column[7][low & 255u] ^ column[6][(low >> 8) & 255u] ^
            column[5][(low >> 16) & 255u] ^ column[4][low >> 24] ^ column[3][high & 255u] ^
            column[2][(high >> 8) & 255u] ^ column[1][(high >> 16) & 255u] ^
            column[0][high >> 24];
  }
  // SAFETY: at < length.
  for (; at < length; at++) state = column[0][(state ^ bytes[at]) & 255u] ^ (state >> 8);
  return ~state;
}

}  // namespace sluice

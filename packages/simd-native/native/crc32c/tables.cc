// Tables of CRC-32C, computed by the compiler so that loading runs no code.
// Polynomial 0x1EDC6F41, reflected 0x82F63B78 (RFC 3720, B.4): bit 31 is the constant term, bit 0
// the coefficient of x^31.
#include "tables.h"

namespace sluice {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78u;

constexpr uint32_t times_x(uint32_t value) {
  return (value >> 1) ^ ((value & 1u) != 0 ? kPolynomial : 0u);
}

// The product of two remainders.
constexpr uint32_t multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = 0x80000000u; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = times_x(b);
  }
  return product;
}

// x^(8 * bytes), by squaring.
constexpr uint32_t power_of_bytes(size_t bytes) {
  uint32_t result = 0x80000000u;
  uint32_t power = 0x00800000u;
  for (; bytes != 0; bytes >>= 1) {
    if ((bytes & 1) != 0) result = multiply(result, power);
    power = multiply(power, power);
  }
  return result;
}

constexpr ShiftTable make_shift(size_t bytes) {
  ShiftTable table{};
  const uint32_t power = power_of_bytes(bytes);
  for (uint32_t t = 0; t < 4; t++) {
    for (uint32_t byte = 0; byte < 256; byte++) {
      table.column[t][byte] = multiply(power, byte << (8 * t));
    }
  }
  return table;
}

constexpr SliceTable make_slices() {
  SliceTable table{};
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = times_x(crc);
    table.column[0][byte] = crc;
  }
  for (int t = 1; t < 8; t++) {
    for (uint32_t byte = 0; byte < 256; byte++) {
      const uint32_t before = table.column[t - 1][byte];
      table.column[t][byte] = table.column[0][before & 255u] ^ (before >> 8);
    }
  }
  return table;
}

constexpr SliceTable kSlicesValue = make_slices();
constexpr ShiftTable kLongShiftValue = make_shift(kLongStreamBytes);
constexpr ShiftTable kShortShiftValue = make_shift(kShortStreamBytes);

}  // namespace

extern const SliceTable kSlices = kSlicesValue;
extern const ShiftTable kLongShift = kLongShiftValue;
extern const ShiftTable kShortShift = kShortShiftValue;

}  // namespace sluice

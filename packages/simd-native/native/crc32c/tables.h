// Constant tables of CRC-32C. Declarations only, as in kernels.h.
#ifndef SLUICE_CRC32C_TABLES_H
#define SLUICE_CRC32C_TABLES_H

#include <cstddef>
#include <cstdint>

namespace sluice {

// Stream lengths of the three-way kernel, in bytes: the long one spreads the cost of joining
// thin, the short one leaves little to the single stream at the end.
constexpr size_t kLongStreamBytes = 2048;
constexpr size_t kShortStreamBytes = 128;

// column[t][b]: the remainder of byte b followed by t zero bytes.
struct SliceTable {
  uint32_t column[8][256];
};

// column[t][b]: the remainder of byte t of a remainder, b, after a stream of zero bytes.
struct ShiftTable {
  uint32_t column[4][256];
};

extern const SliceTable kSlices;
extern const ShiftTable kLongShift;
extern const ShiftTable kShortShift;

}  // namespace sluice

#endif

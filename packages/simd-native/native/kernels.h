// The table of kernels of one instruction set, and what every kernel file agrees on. Declarations
// only: the files behind it are compiled with different flags, and an inline function shared
// between them could be emitted with instructions that the CPU at hand does not have.
#ifndef SLUICE_KERNELS_H
#define SLUICE_KERNELS_H

#include <cstddef>
#include <cstdint>

namespace sluice {

// Continues a CRC-32C, given and returned in its final form: inverted, 0 for no bytes.
using Crc32c = uint32_t (*)(uint32_t crc, const uint8_t* bytes, size_t length);

// Ors ((word & mask) + unit) over the 64-bit words of bytes, the last one padded with zeros.
// With the exponent bits of packed floats as mask and each one's lowest bit as unit, the sign bit
// of some float in the result is set exactly when a float has an exponent of all ones.
using ExponentSums = uint64_t (*)(const uint8_t* bytes, size_t length, uint64_t mask,
                                  uint64_t unit);

// Sums over a row of float32, accumulated in float64. `query` is widened; `row` need not be
// aligned.
using FloatSum = double (*)(const double* query, const uint8_t* row, size_t elements);

// Inner product and squared norm of the row, each summed in the order of the dot kernel.
using FloatSums = void (*)(const double* query, const uint8_t* row, size_t elements, double* dot,
                           double* norm);

struct Kernels {
  const char* isa;
  Crc32c crc32c;
  ExponentSums exponent_sums;
  // Null where this instruction set has no distance kernels; then all three are.
  FloatSum dot_float32;
  FloatSum l2_float32;
  FloatSums cosine_float32;
};

uint32_t crc32c_portable(uint32_t crc, const uint8_t* bytes, size_t length);
uint32_t crc32c_sse42(uint32_t crc, const uint8_t* bytes, size_t length);

uint64_t exponent_sums_baseline(const uint8_t* bytes, size_t length, uint64_t mask, uint64_t unit);
uint64_t exponent_sums_avx2(const uint8_t* bytes, size_t length, uint64_t mask, uint64_t unit);

double dot_float32_avx2(const double* query, const uint8_t* row, size_t elements);
double l2_float32_avx2(const double* query, const uint8_t* row, size_t elements);
void cosine_float32_avx2(const double* query, const uint8_t* row, size_t elements, double* dot,
                         double* norm);

// The kernels of the instruction set named `baseline`, `sse` or `avx2`, or the best one for "".
// Null when the name is unknown or this CPU lacks it.
const Kernels* kernels_for(const char* name);

}  // namespace sluice

#endif

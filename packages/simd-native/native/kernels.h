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

// The distance kernels, distance/distance.h.
struct FloatScans;
struct IntegerScans;

// Rows into codes, encode/encode.h.
struct EncodeSteps;
// The scans of 1-bit codes, scan/code-scan.h.
struct CodeScans;

// Rows to centroids, assign/assign.h.
struct AssignSteps;

struct Kernels {
  const char* isa;
  Crc32c crc32c;
  ExponentSums exponent_sums;
  const FloatScans* floats;
  const IntegerScans* integers;
  const EncodeSteps* encode;
  const CodeScans* code_scans;
  const AssignSteps* assign;
};

uint32_t crc32c_portable(uint32_t crc, const uint8_t* bytes, size_t length);
uint32_t crc32c_sse42(uint32_t crc, const uint8_t* bytes, size_t length);
uint32_t crc32c_avx512(uint32_t crc, const uint8_t* bytes, size_t length);
uint32_t crc32c_armcrc(uint32_t crc, const uint8_t* bytes, size_t length);

uint64_t exponent_sums_baseline(const uint8_t* bytes, size_t length, uint64_t mask, uint64_t unit);
uint64_t exponent_sums_avx2(const uint8_t* bytes, size_t length, uint64_t mask, uint64_t unit);
uint64_t exponent_sums_avx512(const uint8_t* bytes, size_t length, uint64_t mask, uint64_t unit);
uint64_t exponent_sums_neon(const uint8_t* bytes, size_t length, uint64_t mask, uint64_t unit);

// The kernels of the instruction set named `baseline`; `sse`, `avx2` or `avx512` on x86-64; `neon`
// or `dotprod` on arm64; or the best ones for "". Null when the name is unknown or this CPU lacks
// it.
const Kernels* kernels_for(const char* name);

}  // namespace sluice

#endif

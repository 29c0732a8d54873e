// Runs of whole rows, small enough to stay in the first-level cache between check, copy and
// checksum. Plain memcpy: stores that bypass the cache would make the checksum fetch the run again.
#include "ingest.h"

#include <cstring>

namespace sluice {
namespace {

constexpr size_t kRunBytes = 16 * 1024;
constexpr uint32_t kBitCode = 14;
constexpr uint64_t kEvery32 = 0x0000000100000001u;
constexpr uint64_t kEvery16 = 0x0001000100010001u;

// Exponent bits of the float formats, repeated over 64 bits.
struct Format {
  size_t element_bytes;
  size_t elements_per_dimension;
  uint64_t mask;
  uint64_t unit;
};

// By stable code: float64 float32 float16 bfloat16, the 64-, 32-, 16- and 8-bit integers signed
// and unsigned, complex128 complex64.
constexpr Format kFormats[kBitCode] = {
    {8, 1, 0x7ff0000000000000u, 0x0010000000000000u},
    {4, 1, 0x7f800000u * kEvery32, 0x00800000u * kEvery32},
    {2, 1, 0x7c00u * kEvery16, 0x0400u * kEvery16},
    {2, 1, 0x7f80u * kEvery16, 0x0080u * kEvery16},
    {8, 1, 0, 0},
    {8, 1, 0, 0},
    {4, 1, 0, 0},
    {4, 1, 0, 0},
    {2, 1, 0, 0},
    {2, 1, 0, 0},
    {1, 1, 0, 0},
    {1, 1, 0, 0},
    {8, 2, 0x7ff0000000000000u, 0x0010000000000000u},
    {4, 2, 0x7f800000u * kEvery32, 0x00800000u * kEvery32},
};

// The sign bits of the floats that a unit describes: a unit times its exponent's weight.
uint64_t sign_bits(const Layout& layout) { return (layout.mask + layout.unit) & ~layout.mask; }

int64_t first_bad_float_row(const Layout& layout, const uint8_t* run, size_t length) {
  const uint64_t signs = sign_bits(layout);
  for (size_t at = 0; at < length; at += layout.element_bytes) {
    uint64_t element = 0;
    // SAFETY: length is a multiple of element_bytes, which is at most 8.
    std::memcpy(&element, run + at, layout.element_bytes);
    // The zeros above a short element never overflow into their sign bits.
    if ((((element & layout.mask) + layout.unit) & signs) != 0) {
      return static_cast<int64_t>(at / layout.element_bytes / layout.elements_per_row);
    }
  }
  return -1;
}

int64_t first_padded_row(const Layout& layout, const uint8_t* run, size_t length) {
  const size_t stride = layout.elements_per_row;
  for (size_t row = 0; (row + 1) * stride <= length; row++) {
    // SAFETY: the row's last byte lies below length.
    if ((run[(row + 1) * stride - 1] & layout.padding) != 0) return static_cast<int64_t>(row);
  }
  return -1;
}

int64_t first_bad_row(const Kernels& kernels, const Layout& layout, const uint8_t* run,
                      size_t length) {
  if (layout.padding != 0) return first_padded_row(layout, run, length);
  if (layout.mask == 0) return -1;
  const uint64_t sums = kernels.exponent_sums(run, length, layout.mask, layout.unit);
  return (sums & sign_bits(layout)) == 0 ? -1 : first_bad_float_row(layout, run, length);
}

}  // namespace

bool layout_of(uint32_t dtype_code, size_t dimension, Layout* layout) {
  if (dtype_code > kBitCode) return false;
  if (dtype_code == kBitCode) {
    const uint8_t padding = dimension % 8 == 0 ? 0 : static_cast<uint8_t>(0xff >> (dimension % 8));
    *layout = {1, (dimension + 7) / 8, 0, 0, padding};
    return true;
  }
  const Format& format = kFormats[dtype_code];
  *layout = {format.element_bytes, dimension * format.elements_per_dimension, format.mask,
             format.unit, 0};
  return true;
}

Ingested ingest_rows(const Kernels& kernels, const Layout& layout, const uint8_t* source,
                     uint8_t* target, size_t rows, uint32_t crc) {
  const size_t stride = layout.element_bytes * layout.elements_per_row;
  const size_t rows_per_run = stride < kRunBytes ? kRunBytes / stride : 1;
  for (size_t row = 0; row < rows; row += rows_per_run) {
    const size_t count = rows - row < rows_per_run ? rows - row : rows_per_run;
    // SAFETY: row + count <= rows, and both arrays hold rows * stride bytes.
    const uint8_t* run = source + row * stride;
    uint8_t* copy = target + row * stride;
    const int64_t bad_row = first_bad_row(kernels, layout, run, count * stride);
    const size_t good_rows = bad_row < 0 ? count : static_cast<size_t>(bad_row);
    if (run != copy) std::memcpy(copy, run, good_rows * stride);
    if (bad_row >= 0) return {static_cast<int64_t>(row) + bad_row, crc};
    crc = kernels.crc32c(crc, copy, count * stride);
  }
  return {-1, crc};
}

}  // namespace sluice

// Rows into a slab: check, copy, checksum. Baseline code around the kernels of a table.
#ifndef SLUICE_INGEST_H
#define SLUICE_INGEST_H

#include "../kernels.h"

namespace sluice {

// What ingest must know of a dtype. mask and unit are zero where every bit pattern is good.
struct Layout {
  size_t element_bytes;
  size_t elements_per_row;
  uint64_t mask;
  uint64_t unit;
  // Bits of a row's last byte that must be zero.
  uint8_t padding;
};

struct Ingested {
  // -1 when all rows are good.
  int64_t first_bad_row;
  uint32_t crc;
};

// The layout of a dtype by its stable code (dtype.ts); false when there is no such code.
bool layout_of(uint32_t dtype_code, size_t dimension, Layout* layout);

// source and target hold rows whole rows each, and are the same bytes or do not overlap.
Ingested ingest_rows(const Kernels& kernels, const Layout& layout, const uint8_t* source,
                     uint8_t* target, size_t rows, uint32_t crc);

}  // namespace sluice

#endif

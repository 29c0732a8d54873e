// Scans over 8-bit elements with the dot product instructions of ARMv8.2. Declarations only, as in
// kernels.h.
#ifndef SLUICE_DOTPROD_H
#define SLUICE_DOTPROD_H

#include "distance.h"

namespace sluice {

void scan_int8_dotprod(const Query& query, const Batch& batch, IntegerSums* out);
void scan_int8_norm_dotprod(const Query& query, const Batch& batch, IntegerSums* out);
void scan_uint8_dotprod(const Query& query, const Batch& batch, IntegerSums* out);
void scan_uint8_norm_dotprod(const Query& query, const Batch& batch, IntegerSums* out);

}  // namespace sluice

#endif

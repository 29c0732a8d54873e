// Rows and queries into 1-bit codes: the arithmetic of docs/codes.md, to the bit. A table of steps
// per instruction set, and baseline code around them.
#ifndef SLUICE_ENCODE_H
#define SLUICE_ENCODE_H

#include "../distance/distance.h"
#include "../kernels.h"

namespace sluice {

constexpr size_t kBlockRows = 32;
constexpr uint32_t kNoRow = 0xffffffffu;

// A complex row of kDimensionMax has twice as many numbers, and they need no padding.
constexpr size_t kCodeDimensionMax = kElementsMax;

// How rows become codes. Pointers are those of the caller's arrays.
struct Space {
  Metric metric;
  // Stable code (dtype.ts).
  uint32_t dtype;
  // Bytes of a packed row.
  size_t stride;
  // Numbers of a row, `n`.
  size_t elements;
  // `D`: elements rounded up to a multiple of 64.
  size_t code_dimension;
  // `b`, the largest power of two that divides D.
  size_t run;
  // n.
  const float* mean;
  // 2 D.
  const float* signs;
};

// A row made ready: step 1 and 2 of docs/codes.md. Arrays go on with zeros from n to D. Too large
// for the stack: see scratch.h.
struct CentredRow {
  // x, of rows that are read as float64; for cosine u too, while it is made.
  alignas(64) double wide[kCodeDimensionMax];
  alignas(64) float scaled[kCodeDimensionMax];
  alignas(64) float u[kCodeDimensionMax];
  // r; after the rotation y.
  alignas(64) float r[kCodeDimensionMax];
  // R
  float squared;
  // a, for cosine and dot; for a query cr comes from `inner_product`.
  float inner;
};

struct Terms {
  float scale;
  float bias;
  float norm;
  float constant;
};

// What the tables of a query are scaled by.
struct Weights {
  // max w_g; numbers that are NaN may not count.
  float largest;
  // sum64(|q|), NaN where a number is.
  float sum;
};

// The steps of one instruction set. Arrays have D floats and start at a multiple of 64 bytes,
// unless said otherwise.
struct EncodeSteps {
  // u, r, R and a of one packed row, which may lie anywhere.
  void (*centre)(const Space& space, const uint8_t* row, CentredRow* out);
  // Both rounds, in place, without the factor 1/b.
  void (*rotate)(const Space& space, float* y);
  // The D/8 bytes of a code, anywhere; gives sum64(|y|).
  float (*code)(const float* y, size_t code_dimension, uint8_t* code);
  // sum64 of z, each number negated where the sign bit of y's is set.
  float (*signed_sum)(const float* y, const float* z, size_t code_dimension);
  // 32 row-major codes to the code part of a block; both anywhere.
  void (*pack)(const uint8_t* codes, size_t code_bytes, uint8_t* block);
  // q = y * shrink, in place.
  Weights (*weigh)(float* y, size_t code_dimension, float shrink);
  // The 4 D bytes of the tables of q; `factor` is levels / M. No entry needs a bound: the least
  // value is exactly -w, and the largest one, w, gives `levels` but for less than half of 1.
  void (*tables)(const float* q, size_t code_dimension, float factor, uint8_t* tables);
  // sum64(a b) over `elements` floats that may lie anywhere, continued with zeros.
  float (*inner_product)(const float* a, const float* b, size_t elements);
  // sum64((a - b)^2), likewise.
  float (*squared_distance)(const float* a, const float* b, size_t elements);
  // sum64(r (a - b)), likewise.
  float (*residual_product)(const float* r, const float* a, const float* b, size_t elements);
};

extern const EncodeSteps kEncodeStepsBaseline;
extern const EncodeSteps kEncodeStepsAvx2;
extern const EncodeSteps kEncodeStepsAvx512;
extern const EncodeSteps kEncodeStepsNeon;

// Bytes of a block.
size_t block_bytes(size_t code_dimension);

// Fills in everything but the pointers. The dtype must be known and the metric fit it.
void describe_space(uint32_t dtype, Metric metric, size_t dimension, Space* out);

// As EncodeTask in core, checked.
struct EncodeTask {
  Space space;
  const uint8_t* rows;
  size_t row_count;
  uint32_t row_base;
  // n numbers; null where codes are centred on the mean.
  const float* centre;
  uint8_t* blocks;
};

// False where there is no memory to work with.
bool encode_rows(const EncodeSteps& steps, const EncodeTask& task);

// Tables (4 D bytes) and terms of a query whose CentredRow is ready and not yet rotated; leaves its
// r rotated and scaled by 1/b.
Terms build_tables(const EncodeSteps& steps, const Space& space, CentredRow* query,
                   uint8_t* tables);

}  // namespace sluice

#endif

// What the encode files of all instruction sets share, beside encode.h: element types, the slow
// way to make a row ready, and the steps that one table takes from another file. Declarations
// only, as in kernels.h.
#ifndef SLUICE_ENCODE_STEPS_H
#define SLUICE_ENCODE_STEPS_H

#include "encode.h"

namespace sluice {

// Lanes of sum64.
constexpr size_t kLanes = 64;

// Element types by their stable codes (dtype.ts).
enum ElementCode : uint32_t {
  kCodeFloat64,
  kCodeFloat32,
  kCodeFloat16,
  kCodeBfloat16,
  kCodeInt64,
  kCodeUint64,
  kCodeInt32,
  kCodeUint32,
  kCodeInt16,
  kCodeUint16,
  kCodeInt8,
  kCodeUint8,
  kCodeComplex128,
  kCodeComplex64,
  kCodeBit
};

// Squared lengths between these are taken as float32 gave them: nothing that counts was lost to
// overflow or among the subnormals.
constexpr float kNormMin = 0x1p-60f;
constexpr float kNormMax = 0x1p100f;

// EncodeSteps::centre for wide elements, and for cosine rows of any type whose length is extreme:
// through float64, slowly. Uses the sums of `steps` only.
void centre_wide(const EncodeSteps& steps, const Space& space, const uint8_t* row,
                 CentredRow* out);

// Steps that are in files of their own, or in more than one table.
void centre_baseline(const Space& space, const uint8_t* row, CentredRow* out);
void rotate_baseline(const Space& space, float* y);
float code_baseline(const float* y, size_t code_dimension, uint8_t* code);
float signed_sum_baseline(const float* y, const float* z, size_t code_dimension);
float inner_product_baseline(const float* a, const float* b, size_t elements);
float squared_distance_baseline(const float* a, const float* b, size_t elements);
float residual_product_baseline(const float* r, const float* a, const float* b, size_t elements);
Weights weigh_baseline(float* y, size_t code_dimension, float shrink);

void centre_avx2(const Space& space, const uint8_t* row, CentredRow* out);
void rotate_avx2(const Space& space, float* y);
float code_avx2(const float* y, size_t code_dimension, uint8_t* code);
float signed_sum_avx2(const float* y, const float* z, size_t code_dimension);
void pack_avx2(const uint8_t* codes, size_t code_bytes, uint8_t* block);
Weights weigh_avx2(float* y, size_t code_dimension, float shrink);
void tables_avx2(const float* q, size_t code_dimension, float factor, uint8_t* tables);
float inner_product_avx2(const float* a, const float* b, size_t elements);
float squared_distance_avx2(const float* a, const float* b, size_t elements);
float residual_product_avx2(const float* r, const float* a, const float* b, size_t elements);

void centre_avx512(const Space& space, const uint8_t* row, CentredRow* out);
void rotate_avx512(const Space& space, float* y);
float code_avx512(const float* y, size_t code_dimension, uint8_t* code);
float signed_sum_avx512(const float* y, const float* z, size_t code_dimension);
Weights weigh_avx512(float* y, size_t code_dimension, float shrink);
void tables_avx512(const float* q, size_t code_dimension, float factor, uint8_t* tables);
float inner_product_avx512(const float* a, const float* b, size_t elements);
float squared_distance_avx512(const float* a, const float* b, size_t elements);
float residual_product_avx512(const float* r, const float* a, const float* b, size_t elements);

void centre_neon(const Space& space, const uint8_t* row, CentredRow* out);
void rotate_neon(const Space& space, float* y);
float code_neon(const float* y, size_t code_dimension, uint8_t* code);
float signed_sum_neon(const float* y, const float* z, size_t code_dimension);
Weights weigh_neon(float* y, size_t code_dimension, float shrink);
void tables_neon(const float* q, size_t code_dimension, float factor, uint8_t* tables);
float inner_product_neon(const float* a, const float* b, size_t elements);
float squared_distance_neon(const float* a, const float* b, size_t elements);
float residual_product_neon(const float* r, const float* a, const float* b, size_t elements);

}  // namespace sluice

#endif

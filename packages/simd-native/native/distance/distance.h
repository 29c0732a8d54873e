// What the distance kernels of every instruction set agree on: element types, a query made ready
// for many rows, and the sums they give. Declarations only, as in kernels.h.
#ifndef SLUICE_DISTANCE_H
#define SLUICE_DISTANCE_H

#include <cstddef>
#include <cstdint>

namespace sluice {

// Elements of a row: 4096 dimensions, two elements each when complex.
constexpr size_t kElementsMax = 8192;
constexpr size_t kDimensionMax = 4096;

// Kernels read a query in steps of at most this many elements; those past its end are zeros.
constexpr size_t kStepElementsMax = 64;

// In the order of METRICS (metric.ts).
enum class Metric : uint32_t { kCosine = 0, kDot = 1, kL2 = 2, kHamming = 3 };

// Element types whose sums are float64. 64-bit integers are rounded to float64 one by one.
enum FloatType : uint32_t { kFloat64, kFloat32, kFloat16, kBfloat16, kInt64, kUint64 };
constexpr size_t kFloatTypeCount = 6;

// Element types whose sums are exact integers.
enum IntegerType : uint32_t { kInt32, kUint32, kInt16, kUint16, kInt8, kUint8 };
constexpr size_t kIntegerTypeCount = 6;

// high * 2^32 + low, exactly. Not normalised: low may be any int64.
struct Wide {
  int64_t high;
  int64_t low;
};

// `sum` is the inner product, or the squared distance under l2; `norm`, the squared norm of the
// row, is there under cosine only.
struct FloatSums {
  double sum;
  double norm;
};

// Inner product and, where asked for, squared norm of the row.
struct IntegerSums {
  Wide dot;
  Wide norm;
};

// 8-bit elements: widened, and as they are.
struct NarrowQuery {
  int16_t widened[kDimensionMax];
  uint8_t bytes[kDimensionMax];
};

// 16-bit elements: element = 256 * high + low, with low from 0 to 255. A row's element times
// either half stays below 2^23, so that half a row of products fits int32.
struct ShortQuery {
  int16_t high[kDimensionMax];
  int16_t low[kDimensionMax];
};

// 32-bit elements: element = 65536 * high + low, with low from 0 to 65535, as 64-bit lanes.
// The signed product of a lane's low 32 bits with a row's element stays below 2^48.
struct WordQuery {
  int64_t high[kDimensionMax];
  int64_t low[kDimensionMax];
};

// A query ready for many rows. Zeros follow its last element up to a whole step.
struct Query {
  // Elements of a row; bytes of a row of bits.
  size_t elements;
  // Of integer elements, exactly.
  int64_t element_sum;
  union {
    alignas(64) double numbers[kElementsMax];
    NarrowQuery narrow;
    ShortQuery shorts;
    WordQuery words;
    uint8_t bits[kDimensionMax / 8];
  };
};

// Rows that kernels are given at once, at most.
constexpr size_t kBatchRows = 16;

// Rows, which need not be aligned and may be anywhere. While a kernel reads rows[i], it asks for
// the lines of ahead[i], a row that is due later, a few at each step: the processor has few
// requests to memory under way at once, and waits when it is given a whole row of them.
struct Batch {
  size_t count;
  const uint8_t* rows[kBatchRows];
  const uint8_t* ahead[kBatchRows];
};

constexpr size_t kLineBytes = 64;

// Sums of the rows of a batch. The sums of a row are the same bits whatever the other rows are.
using FloatScan = void (*)(const Query& query, const Batch& batch, FloatSums* out);
using IntegerScan = void (*)(const Query& query, const Batch& batch, IntegerSums* out);
// Differing bits.
using BitScan = void (*)(const Query& query, const Batch& batch, uint32_t* out);

// The elements of a row as float64; may write zeros after them, up to a step.
using FloatWiden = void (*)(const uint8_t* row, size_t elements, double* out);

// The distance kernels of one instruction set.
struct FloatScans {
  FloatWiden widen[kFloatTypeCount];
  // By metric: cosine, dot, l2.
  FloatScan of[kFloatTypeCount][3];
};

struct IntegerScans {
  IntegerScan dot[kIntegerTypeCount];
  IntegerScan dot_and_norm[kIntegerTypeCount];
  BitScan bit;
};

extern const FloatScans kFloatScansBaseline;
extern const FloatScans kFloatScansAvx2;
extern const FloatScans kFloatScansAvx512;
extern const FloatScans kFloatScansNeon;
extern const IntegerScans kIntegerScansBaseline;
extern const IntegerScans kIntegerScansAvx2;
extern const IntegerScans kIntegerScansAvx512;
extern const IntegerScans kIntegerScansNeon;
extern const IntegerScans kIntegerScansDotprod;

}  // namespace sluice

#endif

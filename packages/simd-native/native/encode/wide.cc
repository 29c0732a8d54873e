// Rows that float32 does not hold: read as float64, centred there, and for cosine first brought to
// a length whose square is neither lost nor infinite. Baseline code for every instruction set;
// compilers make vectors of its loops.
#include <cmath>
#include <cstring>

#include "steps.h"

namespace sluice {
namespace {

template <class Value>
void read_integers(const uint8_t* row, size_t elements, double* out) {
  // SAFETY: i < elements; memcpy needs no alignment.
  for (size_t i = 0; i < elements; i++) {
    Value value;
    std::memcpy(&value, row + i * sizeof(Value), sizeof(Value));
    out[i] = static_cast<double>(value);
  }
}

void read_bits(const uint8_t* row, size_t elements, double* out) {
  // SAFETY: i < elements, eight to a byte.
  for (size_t i = 0; i < elements; i++) out[i] = row[i / 8] >> (7 - i % 8) & 1;
}

void read_floats(FloatType type, const uint8_t* row, size_t elements, double* out) {
  kFloatScansBaseline.widen[type](row, elements, out);
}

// `out` has room for kElementsMax doubles; a row has no more elements.
void read_row(const Space& space, const uint8_t* row, double* out) {
  const size_t elements = space.elements;
  switch (space.dtype) {
    case kCodeFloat64:
    case kCodeComplex128: return read_floats(kFloat64, row, elements, out);
    case kCodeFloat32:
    case kCodeComplex64: return read_floats(kFloat32, row, elements, out);
    case kCodeFloat16: return read_floats(kFloat16, row, elements, out);
    case kCodeBfloat16: return read_floats(kBfloat16, row, elements, out);
    case kCodeInt64: return read_floats(kInt64, row, elements, out);
    case kCodeUint64: return read_floats(kUint64, row, elements, out);
    case kCodeInt32: return read_integers<int32_t>(row, elements, out);
    case kCodeUint32: return read_integers<uint32_t>(row, elements, out);
    case kCodeInt16: return read_integers<int16_t>(row, elements, out);
    case kCodeUint16: return read_integers<uint16_t>(row, elements, out);
    case kCodeInt8: return read_integers<int8_t>(row, elements, out);
    case kCodeUint8: return read_integers<uint8_t>(row, elements, out);
    default: return read_bits(row, elements, out);
  }
}

double largest_magnitude(const double* numbers, size_t count) {
  double largest = 0;
  for (size_t i = 0; i < count; i++) {
    const double magnitude = std::fabs(numbers[i]);
    if (!(magnitude <= largest)) largest = magnitude;
  }
  return largest;
}

// u of a cosine row.
void normalise(const EncodeSteps& steps, const double* numbers, size_t elements, float* u) {
  const double largest = largest_magnitude(numbers, elements);
  if (largest == 0) {
    // SAFETY: u has room for all elements. Not -0, which would count as negative in a code.
    std::memset(u, 0, elements * sizeof(float));
    return;
  }
  const int exponent = std::ilogb(largest);
  // Two steps, because 2^1074, which a subnormal needs, is not a float64. Shifting takes the floor.
  const int half = exponent >> 1;
  const double first = std::ldexp(1.0, -half);
  const double second = std::ldexp(1.0, -(exponent - half));
  for (size_t i = 0; i < elements; i++) u[i] = static_cast<float>(numbers[i] * first * second);
  const float scale = 1.0f / std::sqrt(steps.inner_product(u, u, elements));
  for (size_t i = 0; i < elements; i++) u[i] *= scale;
}

}  // namespace

void centre_wide(const EncodeSteps& steps, const Space& space, const uint8_t* row,
                 CentredRow* out) {
  alignas(64) double numbers[kElementsMax];
  const size_t elements = space.elements;
  const float* const mean = space.mean;
  read_row(space, row, numbers);
  // SAFETY: elements <= code_dimension <= kCodeDimensionMax, which u and r have room for.
  if (space.metric == Metric::kCosine) {
    normalise(steps, numbers, elements, out->u);
    for (size_t i = 0; i < elements; i++) out->r[i] = out->u[i] - mean[i];
  } else {
    for (size_t i = 0; i < elements; i++) {
      out->u[i] = static_cast<float>(numbers[i]);
      out->r[i] = static_cast<float>(numbers[i] - static_cast<double>(mean[i]));
    }
  }
  const size_t rest = space.code_dimension - elements;
  std::memset(out->u + elements, 0, rest * sizeof(float));
  std::memset(out->r + elements, 0, rest * sizeof(float));
  out->squared = steps.inner_product(out->r, out->r, elements);
  const bool angular = space.metric == Metric::kCosine || space.metric == Metric::kDot;
  out->inner = angular ? steps.inner_product(out->u, mean, elements) : 0.0f;
}

}  // namespace sluice

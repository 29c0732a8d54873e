// Rows that float32 does not hold: read as float64, centred there, and for cosine first brought to
// a length whose square is neither lost nor infinite. Baseline code for every instruction set;
// compilers make vectors of its loops.
#include <cmath>
#include <cstring>

#include "steps.h"

namespace sluice {
namespace {

template <class Value>
void read_numbers(const uint8_t* row, size_t elements, double* out) {
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

void read_halves(FloatType type, const uint8_t* row, size_t elements, double* out) {
  kFloatScansBaseline.widen[type](row, elements, out);
}

// `out` has room for kElementsMax doubles; a row has no more elements.
void read_row(const Space& space, const uint8_t* row, double* out) {
  const size_t elements = space.elements;
  switch (space.dtype) {
    case kCodeFloat64:
    case kCodeComplex128: return read_numbers<double>(row, elements, out);
    case kCodeFloat32:
    case kCodeComplex64: return read_numbers<float>(row, elements, out);
    case kCodeFloat16: return read_halves(kFloat16, row, elements, out);
    case kCodeBfloat16: return read_halves(kBfloat16, row, elements, out);
    case kCodeInt64: return read_numbers<int64_t>(row, elements, out);
    case kCodeUint64: return read_numbers<uint64_t>(row, elements, out);
    case kCodeInt32: return read_numbers<int32_t>(row, elements, out);
    case kCodeUint32: return read_numbers<uint32_t>(row, elements, out);
    case kCodeInt16: return read_numbers<int16_t>(row, elements, out);
    case kCodeUint16: return read_numbers<uint16_t>(row, elements, out);
    case kCodeInt8: return read_numbers<int8_t>(row, elements, out);
    case kCodeUint8: return read_numbers<uint8_t>(row, elements, out);
    default: return read_bits(row, elements, out);
  }
}

// In eight lanes, for the compiler to make a vector of. NaN does not count.
double largest_magnitude(const double* numbers, size_t count) {
  double largest[8] = {};
  size_t i = 0;
  // SAFETY: i + j < count.
  for (; i + 8 <= count; i += 8) {
    for (size_t j = 0; j < 8; j++) {
      const double magnitude = std::fabs(numbers[i + j]);
      largest[j] = magnitude > largest[j] ? magnitude : largest[j];
    }
  }
  for (; i < count; i++) largest[0] = std::fmax(largest[0], std::fabs(numbers[i]));
  for (size_t j = 1; j < 8; j++) largest[0] = std::fmax(largest[0], largest[j]);
  return largest[0];
}

// u of a cosine row. NaN or infinity anywhere makes the length NaN, and with it all of u.
void normalise(const EncodeSteps& steps, const double* numbers, size_t elements, float* u) {
  const double largest = largest_magnitude(numbers, elements);
  // SAFETY, of all writes: u has room for all elements.
  if (largest == 0) {
    // 0 or NaN, not -0: it would count as negative in a code.
    double sum = 0;
    for (size_t i = 0; i < elements; i++) sum += numbers[i];
    for (size_t i = 0; i < elements; i++) u[i] = static_cast<float>(sum);
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
  double* const numbers = out->wide;
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

// Rows that float32 does not hold: read as float64, centred there, and for cosine first brought to
// a length whose square is neither lost nor infinite. Baseline code for every instruction set;
// compilers make vectors of its loops.
#include <cmath>
#include <cstring>

#include "steps.h"

namespace sluice {
namespace {

// The nearest float64 to a 64-bit integer, in operations that compilers make vectors of: each half
// becomes the fraction of a power of two, 2^84 or 2^52, and what was put to it is taken off again.
// All of it is exact but for the last addition.
template <class Long>
double number_from(Long value) {
  constexpr bool kSigned = static_cast<Long>(-1) < 0;
  const uint64_t bits = static_cast<uint64_t>(value) ^ (kSigned ? uint64_t{1} << 63 : 0);
  const uint64_t high_bits = bits >> 32 | uint64_t{0x45300000} << 32;
  const uint64_t low_bits = (bits & 0xffffffff) | uint64_t{0x43300000} << 32;
  double high;
  double low;
  std::memcpy(&high, &high_bits, sizeof(high));
  std::memcpy(&low, &low_bits, sizeof(low));
  return high - (kSigned ? 0x1p84 + 0x1p63 + 0x1p52 : 0x1p84 + 0x1p52) + low;
}

// Exact.
double number_from(double value) { return value; }
double number_from(float value) { return value; }
double number_from(int32_t value) { return value; }
double number_from(uint32_t value) { return value; }
double number_from(int16_t value) { return value; }
double number_from(uint16_t value) { return value; }
double number_from(int8_t value) { return value; }
double number_from(uint8_t value) { return value; }

template <class Value>
void read_numbers(const uint8_t* row, size_t elements, double* out) {
  // SAFETY: i < elements; memcpy needs no alignment.
  for (size_t i = 0; i < elements; i++) {
    Value value;
    std::memcpy(&value, row + i * sizeof(Value), sizeof(Value));
    out[i] = number_from(value);
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

typedef double Pair __attribute__((vector_size(16)));
typedef int64_t PairBits __attribute__((vector_size(16)));

// NaN does not count.
double largest_magnitude(const double* numbers, size_t count) {
  constexpr size_t kPairs = 4;
  const PairBits magnitude_bits = {INT64_MAX, INT64_MAX};
  Pair largest[kPairs] = {};
  double rest = 0;
  size_t i = 0;
  // SAFETY: i < count.
  for (; i + 2 * kPairs <= count; i += 2 * kPairs) {
    for (size_t j = 0; j < kPairs; j++) {
      PairBits bits;
      std::memcpy(&bits, numbers + i + 2 * j, sizeof(bits));
      const Pair magnitude = reinterpret_cast<Pair>(bits & magnitude_bits);
      largest[j] = magnitude > largest[j] ? magnitude : largest[j];
    }
  }
  for (; i < count; i++) rest = std::fmax(rest, std::fabs(numbers[i]));
  for (const Pair& pair : largest) rest = std::fmax(rest, std::fmax(pair[0], pair[1]));
  return rest;
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
  if (space.metric == Metric::kCosine) {
    normalise(steps, numbers, elements, out->scaled);
    // What is left to do with u is what is done with a float32 row for the dot product.
    Space floats = space;
    floats.dtype = kCodeFloat32;
    floats.metric = Metric::kDot;
    return steps.centre(floats, reinterpret_cast<const uint8_t*>(out->scaled), out);
  }
  // SAFETY: elements <= code_dimension <= kCodeDimensionMax, which u and r have room for.
  for (size_t i = 0; i < elements; i++) {
    out->u[i] = static_cast<float>(numbers[i]);
    out->r[i] = static_cast<float>(numbers[i] - static_cast<double>(mean[i]));
  }
  const size_t rest = space.code_dimension - elements;
  std::memset(out->u + elements, 0, rest * sizeof(float));
  std::memset(out->r + elements, 0, rest * sizeof(float));
  out->squared = steps.inner_product(out->r, out->r, elements);
  const bool is_dot = space.metric == Metric::kDot;
  out->inner = is_dot ? steps.inner_product(out->u, mean, elements) : 0.0f;
}

}  // namespace sluice

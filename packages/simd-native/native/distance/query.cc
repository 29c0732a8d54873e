// Makes queries ready. Floats are widened by the kernels themselves, and norms are theirs too: a
// row equal to the query has the query's sums to the last bit.
#include "query.h"

#include <cmath>
#include <cstring>

namespace sluice {
namespace {

struct Dtype {
  Family family;
  uint32_t type;
  size_t element_bytes;
  size_t elements_per_dimension;
};

// By stable code (dtype.ts).
constexpr Dtype kDtypes[] = {
    {Family::kFloat, kFloat64, 8, 1}, {Family::kFloat, kFloat32, 4, 1},
    {Family::kFloat, kFloat16, 2, 1}, {Family::kFloat, kBfloat16, 2, 1},
    {Family::kFloat, kInt64, 8, 1},   {Family::kFloat, kUint64, 8, 1},
    {Family::kInteger, kInt32, 4, 1}, {Family::kInteger, kUint32, 4, 1},
    {Family::kInteger, kInt16, 2, 1}, {Family::kInteger, kUint16, 2, 1},
    {Family::kInteger, kInt8, 1, 1},  {Family::kInteger, kUint8, 1, 1},
    {Family::kFloat, kFloat64, 8, 2}, {Family::kFloat, kFloat32, 4, 2},
    {Family::kBit, 0, 1, 1},
};
constexpr uint32_t kDtypeCount = sizeof(kDtypes) / sizeof(kDtypes[0]);

size_t padded(size_t elements) {
  return (elements + kStepElementsMax - 1) / kStepElementsMax * kStepElementsMax;
}

double largest_magnitude(const double* numbers, size_t count) {
  double largest = 0;
  for (size_t i = 0; i < count; i++) {
    const double magnitude = std::fabs(numbers[i]);
    if (!(magnitude <= largest)) largest = magnitude;
  }
  return largest;
}

// Times the power of two that brings the largest element into [1, 2).
void scale_query(Query* query) {
  const double largest = largest_magnitude(query->numbers, query->elements);
  if (largest == 0 || !std::isfinite(largest)) return;
  const int exponent = std::ilogb(largest);
  // Two steps, because 2^1074, which a subnormal needs, is not a float64.
  const double first = std::ldexp(1.0, -(exponent / 2));
  const double second = std::ldexp(1.0, exponent / 2 - exponent);
  for (size_t i = 0; i < query->elements; i++) {
    query->numbers[i] = query->numbers[i] * first * second;
  }
}

void read_floats(const uint8_t* row, PreparedQuery* out) {
  const FloatScans& scans = *out->kernels->floats;
  Query& query = out->query;
  // SAFETY: elements are at most kElementsMax, a multiple of the padding.
  for (size_t i = query.elements; i < padded(query.elements); i++) query.numbers[i] = 0;
  scans.widen[out->type](row, query.elements, query.numbers);
  if (out->metric != Metric::kCosine) return;
  if (out->type == kFloat64) {
    scale_query(&query);
    row = reinterpret_cast<const uint8_t*>(query.numbers);
  }
  FloatSums sums;
  const Batch alone = {1, {row}, {row}};
  scans.of[out->type][static_cast<uint32_t>(Metric::kCosine)](query, alone, &sums);
  out->norm = sums.norm;
}

void put(int8_t value, size_t i, NarrowQuery* query) {
  query->widened[i] = value;
  query->bytes[i] = static_cast<uint8_t>(value);
}

void put(uint8_t value, size_t i, NarrowQuery* query) {
  query->widened[i] = value;
  query->bytes[i] = value;
}

template <class Value>
void put(Value value, size_t i, ShortQuery* query) {
  query->high[i] = static_cast<int16_t>(value >> 8);
  query->low[i] = static_cast<int16_t>(value & 0xff);
}

template <class Value>
void put(Value value, size_t i, WordQuery* query) {
  query->high[i] = value >> 16;
  query->low[i] = value & 0xffff;
}

template <class Value, class Target>
void put_all(const uint8_t* row, Query* query, Target* target) {
  const size_t end = padded(query->elements);
  int64_t sum = 0;
  // SAFETY: elements are at most kDimensionMax, a multiple of the padding.
  for (size_t i = 0; i < query->elements; i++) {
    Value value;
    std::memcpy(&value, row + i * sizeof(Value), sizeof(Value));
    sum += value;
    put(value, i, target);
  }
  for (size_t i = query->elements; i < end; i++) put(Value{0}, i, target);
  query->element_sum = sum;
}

void put_integers(uint32_t type, const uint8_t* row, Query* query) {
  if (type == kInt32) put_all<int32_t>(row, query, &query->words);
  if (type == kUint32) put_all<uint32_t>(row, query, &query->words);
  if (type == kInt16) put_all<int16_t>(row, query, &query->shorts);
  if (type == kUint16) put_all<uint16_t>(row, query, &query->shorts);
  if (type == kInt8) put_all<int8_t>(row, query, &query->narrow);
  if (type == kUint8) put_all<uint8_t>(row, query, &query->narrow);
}

void read_integers(const uint8_t* row, PreparedQuery* out) {
  put_integers(out->type, row, &out->query);
  if (out->metric == Metric::kDot) return;
  IntegerSums sums;
  const Batch alone = {1, {row}, {row}};
  out->kernels->integers->dot_and_norm[out->type](out->query, alone, &sums);
  out->exact_norm = sums.norm;
  out->norm = to_double(sums.norm);
}

void read_bits(const uint8_t* row, PreparedQuery* out) {
  // SAFETY: a row of bits has at most the bytes there is room for.
  std::memset(out->query.bits, 0, sizeof(out->query.bits));
  std::memcpy(out->query.bits, row, out->stride);
}

}  // namespace

size_t stride_of(uint32_t dtype, size_t dimension) {
  if (dtype >= kDtypeCount) return 0;
  if (kDtypes[dtype].family == Family::kBit) return (dimension + 7) / 8;
  return dimension * kDtypes[dtype].elements_per_dimension * kDtypes[dtype].element_bytes;
}

bool metric_fits(Metric metric, uint32_t dtype) {
  return (metric == Metric::kHamming) == (kDtypes[dtype].family == Family::kBit);
}

void describe_query(const Kernels* kernels, uint32_t dtype, Metric metric, size_t dimension,
                    PreparedQuery* out) {
  const Dtype& layout = kDtypes[dtype];
  out->kernels = kernels;
  out->family = layout.family;
  out->type = layout.type;
  out->metric = metric;
  out->stride = stride_of(dtype, dimension);
  out->query.elements = out->stride / layout.element_bytes;
}

void read_query(const uint8_t* row, PreparedQuery* out) {
  if (out->family == Family::kFloat) read_floats(row, out);
  if (out->family == Family::kInteger) read_integers(row, out);
  if (out->family == Family::kBit) read_bits(row, out);
}

}  // namespace sluice

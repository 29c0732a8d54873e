// From sums to ordering distances: what happens to zeros, infinities and NaN. Follows the scalar
// kernels of @sluice/core step by step (ordering-distance.ts, float64-distance.ts).
#include <cmath>
#include <cstring>

#include "query.h"

namespace sluice {
namespace {

// Squared norms of float64 rows in between neither lose bits to underflow nor overflow in a
// product.
constexpr double kNormMin = 0x1p-900;
constexpr double kNormMax = 0x1p1000;

// 1 - dot / sqrt(the product of the norms); 1 for a zero norm, +Infinity for what is undefined.
// Without a branch, so that distances are made two at a time.
double cosine_distance(double dot, double query_norm, double row_norm) {
  const double norm_product = query_norm * row_norm;
  const double cosine = dot / std::sqrt(norm_product);
  const double below = cosine > 1 ? 1 : cosine;
  const double bounded = below < -1 ? -1 : below;
  const double distance = std::isnan(cosine) ? INFINITY : 1 - bounded;
  return norm_product == 0 ? 1 : distance;
}

double element(const uint8_t* row, size_t index) {
  double value;
  // SAFETY: the caller's index is below the row's elements.
  std::memcpy(&value, row + index * sizeof(double), sizeof(double));
  return value;
}

// The rare row of float64 that is zero, tiny, huge or not finite: divided by its largest element.
double extreme_cosine(const PreparedQuery& prepared, const uint8_t* row) {
  const Query& query = prepared.query;
  double largest = 0;
  for (size_t i = 0; i < query.elements; i++) {
    const double magnitude = std::fabs(element(row, i));
    if (!(magnitude <= largest)) largest = magnitude;
  }
  double dot = 0;
  double norm = 0;
  for (size_t i = 0; largest != 0 && i < query.elements; i++) {
    const double x = element(row, i) / largest;
    dot += query.numbers[i] * x;
    norm += x * x;
  }
  return cosine_distance(dot, prepared.norm, norm);
}

void float_distances(const PreparedQuery& prepared, const Batch& batch, double* out) {
  const FloatScan scan =
      prepared.kernels->floats->of[prepared.type][static_cast<uint32_t>(prepared.metric)];
  FloatSums sums[kBatchRows];
  // SAFETY: batch.count <= kBatchRows here and below.
  scan(prepared.query, batch, sums);
  if (prepared.metric != Metric::kCosine) {
    const bool is_dot = prepared.metric == Metric::kDot;
    for (size_t i = 0; i < batch.count; i++) {
      const double distance = is_dot ? 0 - sums[i].sum : sums[i].sum;
      out[i] = std::isnan(distance) ? INFINITY : distance;
    }
    return;
  }
  for (size_t i = 0; i < batch.count; i++) {
    out[i] = cosine_distance(sums[i].sum, prepared.norm, sums[i].norm);
  }
  if (prepared.type != kFloat64) return;
  for (size_t i = 0; i < batch.count; i++) {
    const bool is_usual = sums[i].norm > kNormMin && sums[i].norm < kNormMax;
    if (!is_usual) out[i] = extreme_cosine(prepared, batch.rows[i]);
  }
}

// |q|^2 + |x|^2 - 2 q.x, exactly.
double squared_distance(Wide query_norm, const IntegerSums& sums) {
  return to_double({query_norm.high + sums.norm.high - 2 * sums.dot.high,
                    query_norm.low + sums.norm.low - 2 * sums.dot.low});
}

void integer_distances(const PreparedQuery& prepared, const Batch& batch, double* out) {
  const IntegerScans& scans = *prepared.kernels->integers;
  const bool is_dot = prepared.metric == Metric::kDot;
  IntegerSums sums[kBatchRows];
  // SAFETY: batch.count <= kBatchRows.
  (is_dot ? scans.dot : scans.dot_and_norm)[prepared.type](prepared.query, batch, sums);
  if (is_dot) {
    for (size_t i = 0; i < batch.count; i++) out[i] = 0 - to_double(sums[i].dot);
  } else if (prepared.metric == Metric::kL2) {
    for (size_t i = 0; i < batch.count; i++) {
      out[i] = squared_distance(prepared.exact_norm, sums[i]);
    }
  } else {
    for (size_t i = 0; i < batch.count; i++) {
      out[i] = cosine_distance(to_double(sums[i].dot), prepared.norm, to_double(sums[i].norm));
    }
  }
}

void bit_distances(const PreparedQuery& prepared, const Batch& batch, double* out) {
  uint32_t sums[kBatchRows];
  // SAFETY: batch.count <= kBatchRows.
  prepared.kernels->integers->bit(prepared.query, batch, sums);
  for (size_t i = 0; i < batch.count; i++) out[i] = static_cast<double>(sums[i]);
}

}  // namespace

double to_double(Wide value) {
  // Carries are moved up until the low word is below 2^32: both terms are exact, the sum rounds.
  const int64_t high = value.high + (value.low >> 32);
  return static_cast<double>(high) * 0x1p32 + static_cast<double>(value.low & 0xffffffff);
}

void row_distances(const PreparedQuery& prepared, const Batch& batch, double* out) {
  if (prepared.family == Family::kFloat) float_distances(prepared, batch, out);
  if (prepared.family == Family::kInteger) integer_distances(prepared, batch, out);
  if (prepared.family == Family::kBit) bit_distances(prepared, batch, out);
}

}  // namespace sluice

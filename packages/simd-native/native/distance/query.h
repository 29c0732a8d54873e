// A query against rows of one dtype: what is read from it once, and the ordering distances made of
// the kernels' sums. Baseline code around the kernels of a table.
#ifndef SLUICE_QUERY_H
#define SLUICE_QUERY_H

#include "../kernels.h"
#include "distance.h"

namespace sluice {

// How sums are made.
enum class Family : uint8_t { kFloat, kInteger, kBit };

// A query with all that a distance to a row needs.
struct PreparedQuery {
  const Kernels* kernels;
  Family family;
  // A FloatType or an IntegerType, by family.
  uint32_t type;
  Metric metric;
  // Bytes of a row.
  size_t stride;
  // Squared norm, for cosine; of integers also exactly, for l2.
  double norm;
  Wide exact_norm;
  Query query;
};

// Bytes of a row of a dtype, by its stable code (dtype.ts); 0 when there is no such dtype.
size_t stride_of(uint32_t dtype, size_t dimension);

// Whether a metric is defined for a dtype.
bool metric_fits(Metric metric, uint32_t dtype);

// Takes dtype, metric and dimension of a query, which must be known and fit each other.
void describe_query(const Kernels* kernels, uint32_t dtype, Metric metric, size_t dimension,
                    PreparedQuery* out);

// Reads the query's row, of the stride that describe_query found.
void read_query(const uint8_t* row, PreparedQuery* out);

// The ordering distances to the rows of a batch; never NaN and never -0.
void row_distances(const PreparedQuery& prepared, const Batch& batch, double* out);

// An exact integer, rounded once.
double to_double(Wide value);

}  // namespace sluice

#endif

// Rows in blocks of 32 through the steps of one instruction set; factors, tables and terms are made
// here, once for all of them. docs/codes.md has the arithmetic, whose order is binding.
#include "encode.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>

#include "../distance/query.h"
#include "../scratch.h"
#include "steps.h"

namespace sluice {
namespace {

constexpr size_t kCodeBytesMax = kCodeDimensionMax / 8;

// Numbers of a block in the order of its lanes; the first four columns end the block.
struct Columns {
  float factors[kBlockRows];
  float offsets[kBlockRows];
  float errors[kBlockRows];
  uint32_t rows[kBlockRows];
};

// What a block needs while it is made.
struct Work {
  CentredRow row;
  // z, where there is a centre.
  alignas(64) float shift[kCodeDimensionMax];
  Columns columns;
  uint8_t codes[kBlockRows * kCodeBytesMax];
};

// What the steps found out about the rows of a block. Lanes without a row have zeros.
struct Found {
  // R
  float squared[kBlockRows];
  // sum64(|y|)
  float magnitude[kBlockRows];
  // a
  float inner[kBlockRows];
  // G, where there is a centre.
  float shift[kBlockRows];
};

// How codes are centred: 0.5 cc, where there is a centre.
struct Centring {
  bool has_centre;
  float half_squared;
};

bool is_angular(Metric metric) { return metric == Metric::kCosine || metric == Metric::kDot; }

bool is_finite(float value) { return std::fabs(value) <= FLT_MAX; }

// F, A and E of all lanes; what lanes without a row get is of no consequence.
void find_factors(const Space& space, const Centring& centring, const Found& found,
                  Columns* out) {
  const bool angular = is_angular(space.metric);
  const float shrink = 1.0f / static_cast<float>(space.run);
  const float dimension = static_cast<float>(space.code_dimension);
  for (size_t lane = 0; lane < kBlockRows; lane++) {
    const float squared = found.squared[lane];
    const float length = found.magnitude[lane] * shrink;
    const float factor = length == 0.0f ? 0.0f : squared / length;
    const float excess = factor * factor * dimension - squared;
    const float error = std::sqrt((excess > 0.0f ? excess : 0.0f) / (dimension - 1.0f));
    out->factors[lane] = angular ? -factor : -2.0f * factor;
    out->offsets[lane] = angular ? -found.inner[lane] : squared;
    out->errors[lane] = angular ? error : 2.0f * error;
  }
  if (!centring.has_centre) return;
  for (size_t lane = 0; lane < kBlockRows; lane++) {
    const float product = out->factors[lane] * found.shift[lane];
    const float offset =
        angular ? centring.half_squared - found.inner[lane] : found.squared[lane];
    out->offsets[lane] = offset - product;
  }
}

// The rules for lanes that have no row or no finite numbers: both have code 0.
void settle_lanes(size_t count, uint32_t row_base, size_t code_bytes, Columns* columns,
                  uint8_t* codes) {
  for (size_t lane = 0; lane < kBlockRows; lane++) {
    const bool has_row = lane < count;
    const bool finite = is_finite(columns->factors[lane]) && is_finite(columns->offsets[lane]) &&
                        is_finite(columns->errors[lane]);
    columns->rows[lane] = has_row ? row_base + static_cast<uint32_t>(lane) : kNoRow;
    if (has_row && finite) continue;
    columns->factors[lane] = 0.0f;
    columns->offsets[lane] = has_row ? 0.0f : INFINITY;
    columns->errors[lane] = has_row ? INFINITY : 0.0f;
    // SAFETY: codes has room for kBlockRows codes.
    std::memset(codes + lane * code_bytes, 0, code_bytes);
  }
}

// z: from the mean to the centre, rotated.
void find_shift(const EncodeSteps& steps, const Space& space, const float* centre, float* out) {
  const float shrink = 1.0f / static_cast<float>(space.run);
  // SAFETY: centre and mean have `elements` numbers, out has code_dimension, which is no less.
  for (size_t i = 0; i < space.elements; i++) out[i] = centre[i] - space.mean[i];
  for (size_t i = space.elements; i < space.code_dimension; i++) out[i] = 0.0f;
  steps.rotate(space, out);
  for (size_t i = 0; i < space.code_dimension; i++) out[i] *= shrink;
}

float find_levels(size_t code_dimension) {
  const size_t levels = 65535 / (code_dimension / 4);
  return static_cast<float>(levels < 63 ? levels : 63);
}

size_t elements_of(uint32_t dtype, size_t dimension) {
  const bool is_complex = dtype == kCodeComplex64 || dtype == kCodeComplex128;
  return is_complex ? 2 * dimension : dimension;
}

}  // namespace

size_t block_bytes(size_t code_dimension) {
  return code_dimension / 8 * kBlockRows + sizeof(Columns);
}

void describe_space(uint32_t dtype, Metric metric, size_t dimension, Space* out) {
  out->metric = metric;
  out->dtype = dtype;
  out->stride = stride_of(dtype, dimension);
  out->elements = elements_of(dtype, dimension);
  out->code_dimension = (out->elements + kLanes - 1) / kLanes * kLanes;
  out->run = out->code_dimension & (~out->code_dimension + 1);
}

bool encode_rows(const EncodeSteps& steps, const EncodeTask& task) {
  Space space = task.space;
  const size_t code_bytes = space.code_dimension / 8;
  const size_t block_size = block_bytes(space.code_dimension);
  const Scratch<Work> scratch;
  if (scratch.get() == nullptr) return false;
  CentredRow* const row = &scratch.get()->row;
  Columns* const columns = &scratch.get()->columns;
  uint8_t* const codes = scratch.get()->codes;
  float* const shift = scratch.get()->shift;
  Centring centring = {task.centre != nullptr, 0.0f};
  if (centring.has_centre) {
    find_shift(steps, space, task.centre, shift);
    space.mean = task.centre;
    centring.half_squared =
        0.5f * steps.inner_product(task.centre, task.centre, space.elements);
  }
  for (size_t done = 0; done < task.row_count; done += kBlockRows) {
    const size_t left = std::min(task.row_count - done, kBlockRows);
    Found found = {};
    // SAFETY: done + lane < row_count; codes has room for kBlockRows codes.
    for (size_t lane = 0; lane < left; lane++) {
      steps.centre(space, task.rows + (done + lane) * space.stride, row);
      steps.rotate(space, row->r);
      found.squared[lane] = row->squared;
      found.inner[lane] = row->inner;
      found.magnitude[lane] =
          steps.code(row->r, space.code_dimension, codes + lane * code_bytes);
      if (!centring.has_centre) continue;
      found.shift[lane] = steps.signed_sum(row->r, shift, space.code_dimension);
    }
    find_factors(space, centring, found, columns);
    settle_lanes(left, task.row_base + static_cast<uint32_t>(done), code_bytes, columns, codes);
    // SAFETY: there is a whole block for every kBlockRows rows begun.
    uint8_t* const block = task.blocks + done / kBlockRows * block_size;
    steps.pack(codes, code_bytes, block);
    std::memcpy(block + code_bytes * kBlockRows, columns, sizeof(*columns));
  }
  return true;
}

Terms build_tables(const EncodeSteps& steps, const Space& space, CentredRow* query,
                   uint8_t* tables) {
  const size_t dimension = space.code_dimension;
  const float levels = find_levels(dimension);
  float* const q = query->r;
  Terms terms = {0.0f, 0.0f, std::sqrt(query->squared), query->squared};
  if (is_angular(space.metric)) {
    const float inner = steps.inner_product(space.mean, q, space.elements);
    terms.constant = (space.metric == Metric::kCosine ? 1.0f : 0.0f) - inner;
  }
  steps.rotate(space, q);
  const Weights weights = steps.weigh(q, dimension, 1.0f / static_cast<float>(space.run));
  const float span = 2.0f * weights.largest;
  const bool is_nan = weights.sum != weights.sum;
  if (span >= 0x1p-100f && span <= 0x1p120f && !is_nan) {
    terms.scale = span / levels;
    terms.bias = -weights.sum;
    steps.tables(q, dimension, levels / span, tables);
    return terms;
  }
  if (span != 0.0f || is_nan) terms.norm = INFINITY;
  // SAFETY: the tables have 4 D bytes.
  std::memset(tables, 0, 4 * dimension);
  return terms;
}

}  // namespace sluice

// Sums over rows of floats with NEON, in float64: a product of float32 or narrower is exact there
// and nothing overflows, so the error is that of adding (for l2, of subtracting too):
// |error| <= (elements + 3) * 2^-53 * sum |terms|.
// Sixteen elements a step in eight sums of two: an FMA has latency 4 and there are two or more a
// cycle. Conversions are instructions of ARMv8.0: fcvtl from both halves and float32, and scvtf and
// ucvtf, which round a 64-bit integer once.
#include <arm_neon.h>

#include <cstring>

#include "distance.h"

namespace sluice {
namespace {

constexpr size_t kSums = 8;
constexpr size_t kStep = 16;

// Four elements.
struct Four {
  float64x2_t pairs[2];
};

// SAFETY, of all loads: the caller has four elements left; a load of bytes needs no alignment.
Four widen_singles(float32x4_t values) {
  return {{vcvt_f64_f32(vget_low_f32(values)), vcvt_high_f64_f32(values)}};
}

struct Float64 {
  static constexpr size_t kBytes = 8;
  static Four load(const uint8_t* bytes) {
    return {{vreinterpretq_f64_u8(vld1q_u8(bytes)), vreinterpretq_f64_u8(vld1q_u8(bytes + 16))}};
  }
};

struct Float32 {
  static constexpr size_t kBytes = 4;
  static Four load(const uint8_t* bytes) {
    return widen_singles(vreinterpretq_f32_u8(vld1q_u8(bytes)));
  }
};

struct Float16 {
  static constexpr size_t kBytes = 2;
  static Four load(const uint8_t* bytes) {
    return widen_singles(vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(bytes))));
  }
};

// The upper half of a float32.
struct Bfloat16 {
  static constexpr size_t kBytes = 2;
  static Four load(const uint8_t* bytes) {
    const uint32x4_t words = vshll_n_u16(vreinterpret_u16_u8(vld1_u8(bytes)), 16);
    return widen_singles(vreinterpretq_f32_u32(words));
  }
};

struct Int64 {
  static constexpr size_t kBytes = 8;
  static Four load(const uint8_t* bytes) {
    return {{vcvtq_f64_s64(vreinterpretq_s64_u8(vld1q_u8(bytes))),
             vcvtq_f64_s64(vreinterpretq_s64_u8(vld1q_u8(bytes + 16)))}};
  }
};

struct Uint64 {
  static constexpr size_t kBytes = 8;
  static Four load(const uint8_t* bytes) {
    return {{vcvtq_f64_u64(vreinterpretq_u64_u8(vld1q_u8(bytes))),
             vcvtq_f64_u64(vreinterpretq_u64_u8(vld1q_u8(bytes + 16)))}};
  }
};

double total(const float64x2_t* sums) {
  const float64x2_t a = vaddq_f64(vaddq_f64(sums[0], sums[1]), vaddq_f64(sums[2], sums[3]));
  const float64x2_t b = vaddq_f64(vaddq_f64(sums[4], sums[5]), vaddq_f64(sums[6], sums[7]));
  return vaddvq_f64(vaddq_f64(a, b));
}

// The sums of a row, over the elements seen so far.
struct State {
  float64x2_t sums[kSums];
  float64x2_t norms[kSums];
};

template <Metric kMetric>
void add(float64x2_t query, float64x2_t row, size_t j, State* state) {
  const float64x2_t factor = kMetric == Metric::kL2 ? vsubq_f64(query, row) : row;
  const float64x2_t other = kMetric == Metric::kL2 ? factor : query;
  state->sums[j] = vfmaq_f64(state->sums[j], other, factor);
  if (kMetric == Metric::kCosine) state->norms[j] = vfmaq_f64(state->norms[j], row, row);
}

template <class Element, Metric kMetric>
void add_step(const double* query, const uint8_t* row, State* state) {
  for (size_t j = 0; j < kSums; j += 2) {
    const Four four = Element::load(row + 2 * j * Element::kBytes);
    add<kMetric>(vld1q_f64(query + 2 * j), four.pairs[0], j, state);
    add<kMetric>(vld1q_f64(query + 2 * j + 2), four.pairs[1], j + 1, state);
  }
}

// Asks for the lines of a row, due later, that begin in a step. A prefetch never faults. Always
// inline: GCC takes a function that only prefetches for one without effect, and drops its calls.
template <size_t kBytes>
__attribute__((always_inline)) inline void ask(const uint8_t* row, size_t start) {
  if (kBytes < kLineBytes && start % kLineBytes >= kBytes) return;
  for (size_t at = 0; at < kBytes; at += kLineBytes) __builtin_prefetch(row + start + at);
}

template <class Element, Metric kMetric>
FloatSums row_sums(const Query& query, const uint8_t* row, const uint8_t* ahead) {
  State state;
  for (size_t j = 0; j < kSums; j++) state.sums[j] = state.norms[j] = vdupq_n_f64(0);
  const size_t elements = query.elements;
  size_t i = 0;
  // SAFETY: i + kStep <= elements for the row; the query is padded to whole steps.
  for (; i + kStep <= elements; i += kStep) {
    ask<kStep * Element::kBytes>(ahead, i * Element::kBytes);
    add_step<Element, kMetric>(query.numbers + i, row + i * Element::kBytes, &state);
  }
  if (i < elements) {
    ask<kStep * Element::kBytes>(ahead, i * Element::kBytes);
    uint8_t rest[kStep * Element::kBytes] = {};
    std::memcpy(rest, row + i * Element::kBytes, (elements - i) * Element::kBytes);
    add_step<Element, kMetric>(query.numbers + i, rest, &state);
  }
  return {total(state.sums), kMetric == Metric::kCosine ? total(state.norms) : 0};
}

template <class Element, Metric kMetric>
void scan(const Query& query, const Batch& batch, FloatSums* out) {
  // SAFETY: row < count, of rows, ahead and out.
  for (size_t row = 0; row < batch.count; row++) {
    out[row] = row_sums<Element, kMetric>(query, batch.rows[row], batch.ahead[row]);
  }
}

template <class Element>
void widen(const uint8_t* row, size_t elements, double* out) {
  // SAFETY: i < elements, and a short end is copied first; out has room for whole steps.
  for (size_t i = 0; i < elements; i += 4) {
    const size_t left = elements - i < 4 ? elements - i : 4;
    uint8_t bytes[4 * Element::kBytes] = {};
    std::memcpy(bytes, row + i * Element::kBytes, left * Element::kBytes);
    const Four four = Element::load(bytes);
    vst1q_f64(out + i, four.pairs[0]);
    vst1q_f64(out + i + 2, four.pairs[1]);
  }
}

#define SLUICE_SCANS(Element) \
  {scan<Element, Metric::kCosine>, scan<Element, Metric::kDot>, scan<Element, Metric::kL2>}

}  // namespace

const FloatScans kFloatScansNeon = {
    {widen<Float64>, widen<Float32>, widen<Float16>, widen<Bfloat16>, widen<Int64>, widen<Uint64>},
    {SLUICE_SCANS(Float64), SLUICE_SCANS(Float32), SLUICE_SCANS(Float16), SLUICE_SCANS(Bfloat16),
     SLUICE_SCANS(Int64), SLUICE_SCANS(Uint64)}};

}  // namespace sluice

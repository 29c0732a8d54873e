// Exact sums over rows of 8-bit elements with sdot and udot, which multiply sixteen and add four
// products to each of four sums: a whole row's fit 32 bits.
// A row's end is copied beside zeros, which add nothing.
#include <arm_neon.h>

#include <cstring>

#include "dotprod.h"

namespace sluice {
namespace {

constexpr size_t kVectors = 4;
constexpr size_t kStep = 16 * kVectors;

// SAFETY, of all loads: the caller has sixteen bytes left; a load of bytes needs no alignment.
struct Int8 {
  using Sum = int32x4_t;
  static Sum zero() { return vdupq_n_s32(0); }
  static Sum add(Sum sum, uint8x16_t a, uint8x16_t b) {
    return vdotq_s32(sum, vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b));
  }
  static int64_t total(Sum sum) { return vaddlvq_s32(sum); }
};

struct Uint8 {
  using Sum = uint32x4_t;
  static Sum zero() { return vdupq_n_u32(0); }
  static Sum add(Sum sum, uint8x16_t a, uint8x16_t b) { return vdotq_u32(sum, a, b); }
  static int64_t total(Sum sum) { return static_cast<int64_t>(vaddlvq_u32(sum)); }
};

template <class Element, bool kNorm>
struct Sums {
  typename Element::Sum dots[kVectors];
  typename Element::Sum norms[kVectors];

  Sums() {
    for (size_t j = 0; j < kVectors; j++) dots[j] = norms[j] = Element::zero();
  }

  void add(const uint8_t* query, const uint8_t* row) {
    for (size_t j = 0; j < kVectors; j++) {
      const uint8x16_t x = vld1q_u8(row + 16 * j);
      dots[j] = Element::add(dots[j], x, vld1q_u8(query + 16 * j));
      if (kNorm) norms[j] = Element::add(norms[j], x, x);
    }
  }

  IntegerSums finish() const {
    int64_t dot = 0;
    int64_t norm = 0;
    for (size_t j = 0; j < kVectors; j++) {
      dot += Element::total(dots[j]);
      if (kNorm) norm += Element::total(norms[j]);
    }
    return {{0, dot}, {0, norm}};
  }
};

template <class Element, bool kNorm>
void scan(const Query& query, const Batch& batch, IntegerSums* out) {
  const size_t elements = query.elements;
  const uint8_t* const bytes = query.narrow.bytes;
  // SAFETY: row < batch.count; i + kStep <= elements for the row, and the query is padded to whole
  // steps. What is asked for, a line a step, need not be there.
  for (size_t row = 0; row < batch.count; row++) {
    Sums<Element, kNorm> sums;
    size_t i = 0;
    for (; i + kStep <= elements; i += kStep) {
      __builtin_prefetch(batch.ahead[row] + i);
      sums.add(bytes + i, batch.rows[row] + i);
    }
    if (i < elements) {
      __builtin_prefetch(batch.ahead[row] + i);
      uint8_t rest[kStep] = {};
      std::memcpy(rest, batch.rows[row] + i, elements - i);
      sums.add(bytes + i, rest);
    }
    out[row] = sums.finish();
  }
}

}  // namespace

void scan_int8_dotprod(const Query& query, const Batch& batch, IntegerSums* out) {
  scan<Int8, false>(query, batch, out);
}

void scan_int8_norm_dotprod(const Query& query, const Batch& batch, IntegerSums* out) {
  scan<Int8, true>(query, batch, out);
}

void scan_uint8_dotprod(const Query& query, const Batch& batch, IntegerSums* out) {
  scan<Uint8, false>(query, batch, out);
}

void scan_uint8_norm_dotprod(const Query& query, const Batch& batch, IntegerSums* out) {
  scan<Uint8, true>(query, batch, out);
}

}  // namespace sluice

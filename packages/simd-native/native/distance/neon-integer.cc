// Exact sums over rows of integers with NEON, and differing bits. Products of 8-bit elements are
// made in 16 bits and added in pairs to sums of 32, which a whole row's fit; those of 16-bit
// elements in 32 bits, to sums of 64. A product with half of a 32-bit element fits 48 bits.
// A row's end is copied beside zeros, which add nothing.
#include <arm_neon.h>

#include <cstring>

#include "distance.h"
#include "dotprod.h"

namespace sluice {
namespace {

// Vectors a step, each with sums of its own.
constexpr size_t kVectors = 4;

// SAFETY, of all loads: the caller has a vector left; a load of bytes needs no alignment.
struct Int8 {
  using Lanes = int8x16_t;
  using Sum = int32x4_t;
  static constexpr size_t kBytes = 1;
  static Sum zero() { return vdupq_n_s32(0); }
  static Lanes load(const uint8_t* bytes) { return vreinterpretq_s8_u8(vld1q_u8(bytes)); }
  static Lanes query(const Query& query, size_t i) { return load(query.narrow.bytes + i); }
  static Sum add(Sum sum, Lanes a, Lanes b) {
    sum = vpadalq_s16(sum, vmull_s8(vget_low_s8(a), vget_low_s8(b)));
    return vpadalq_s16(sum, vmull_high_s8(a, b));
  }
  static int64_t total(Sum sum) { return vaddlvq_s32(sum); }
};

struct Uint8 {
  using Lanes = uint8x16_t;
  using Sum = uint32x4_t;
  static constexpr size_t kBytes = 1;
  static Sum zero() { return vdupq_n_u32(0); }
  static Lanes load(const uint8_t* bytes) { return vld1q_u8(bytes); }
  static Lanes query(const Query& query, size_t i) { return load(query.narrow.bytes + i); }
  static Sum add(Sum sum, Lanes a, Lanes b) {
    sum = vpadalq_u16(sum, vmull_u8(vget_low_u8(a), vget_low_u8(b)));
    return vpadalq_u16(sum, vmull_high_u8(a, b));
  }
  static int64_t total(Sum sum) { return static_cast<int64_t>(vaddlvq_u32(sum)); }
};

// The element 256 * high + low again.
int16x8_t join_halves(const Query& query, size_t i) {
  return vsliq_n_s16(vld1q_s16(query.shorts.low + i), vld1q_s16(query.shorts.high + i), 8);
}

struct Int16 {
  using Lanes = int16x8_t;
  using Sum = int64x2_t;
  static constexpr size_t kBytes = 2;
  static Sum zero() { return vdupq_n_s64(0); }
  static Lanes load(const uint8_t* bytes) { return vreinterpretq_s16_u8(vld1q_u8(bytes)); }
  static Lanes query(const Query& query, size_t i) { return join_halves(query, i); }
  static Sum add(Sum sum, Lanes a, Lanes b) {
    sum = vpadalq_s32(sum, vmull_s16(vget_low_s16(a), vget_low_s16(b)));
    return vpadalq_s32(sum, vmull_high_s16(a, b));
  }
  static int64_t total(Sum sum) { return vaddvq_s64(sum); }
};

struct Uint16 {
  using Lanes = uint16x8_t;
  using Sum = uint64x2_t;
  static constexpr size_t kBytes = 2;
  static Sum zero() { return vdupq_n_u64(0); }
  static Lanes load(const uint8_t* bytes) { return vreinterpretq_u16_u8(vld1q_u8(bytes)); }
  static Lanes query(const Query& query, size_t i) {
    return vreinterpretq_u16_s16(join_halves(query, i));
  }
  static Sum add(Sum sum, Lanes a, Lanes b) {
    sum = vpadalq_u32(sum, vmull_u16(vget_low_u16(a), vget_low_u16(b)));
    return vpadalq_u32(sum, vmull_high_u16(a, b));
  }
  static int64_t total(Sum sum) { return static_cast<int64_t>(vaddvq_u64(sum)); }
};

// Sums over elements whose products have room beside each other.
template <class Element, bool kNorm>
struct Short {
  static constexpr size_t kBytes = Element::kBytes;
  static constexpr size_t kLanes = 16 / kBytes;
  static constexpr size_t kStep = kVectors * kLanes;
  typename Element::Sum dots[kVectors];
  typename Element::Sum norms[kVectors];

  Short() {
    for (size_t j = 0; j < kVectors; j++) dots[j] = norms[j] = Element::zero();
  }

  void add(const Query& query, size_t i, const uint8_t* bytes) {
    for (size_t j = 0; j < kVectors; j++) {
      const typename Element::Lanes x = Element::load(bytes + 16 * j);
      dots[j] = Element::add(dots[j], x, Element::query(query, i + kLanes * j));
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

// Four 64-bit lanes that fit 32 bits.
int32x4_t narrow(const int64_t* lanes) {
  // SAFETY: the caller has four lanes left.
  return vuzp1q_s32(vreinterpretq_s32_s64(vld1q_s64(lanes)),
                    vreinterpretq_s32_s64(vld1q_s64(lanes + 2)));
}

struct Int32 {
  static int64x2_t add(int64x2_t sum, int32x4_t a, int32x4_t b) {
    sum = vmlal_s32(sum, vget_low_s32(a), vget_low_s32(b));
    return vmlal_high_s32(sum, a, b);
  }
  static uint64x2_t low_squares(int32x4_t x) {
    return vreinterpretq_u64_s64(vmull_s32(vget_low_s32(x), vget_low_s32(x)));
  }
  static uint64x2_t high_squares(int32x4_t x) {
    return vreinterpretq_u64_s64(vmull_high_s32(x, x));
  }
};

// Halves of a query and of sums are the same bits in both signednesses.
struct Uint32 {
  static int64x2_t add(int64x2_t sums, int32x4_t x, int32x4_t y) {
    const uint32x4_t a = vreinterpretq_u32_s32(x);
    const uint32x4_t b = vreinterpretq_u32_s32(y);
    uint64x2_t sum = vreinterpretq_u64_s64(sums);
    sum = vmlal_u32(sum, vget_low_u32(a), vget_low_u32(b));
    return vreinterpretq_s64_u64(vmlal_high_u32(sum, a, b));
  }
  static uint64x2_t low_squares(int32x4_t x) {
    const uint32x2_t low = vget_low_u32(vreinterpretq_u32_s32(x));
    return vmull_u32(low, low);
  }
  static uint64x2_t high_squares(int32x4_t x) {
    return vmull_high_u32(vreinterpretq_u32_s32(x), vreinterpretq_u32_s32(x));
  }
};

template <class Element, bool kNorm>
struct Words {
  static constexpr size_t kBytes = 4;
  static constexpr size_t kStep = 8;
  int64x2_t high[2];
  int64x2_t low[2];
  // Squares modulo 2^64, and their upper halves.
  uint64x2_t squares[2];
  uint64x2_t upper[2];

  Words() {
    for (size_t j = 0; j < 2; j++) {
      high[j] = low[j] = vdupq_n_s64(0);
      squares[j] = upper[j] = vdupq_n_u64(0);
    }
  }

  void add_squares(uint64x2_t values, size_t j) {
    squares[j] = vaddq_u64(squares[j], values);
    upper[j] = vsraq_n_u64(upper[j], values, 32);
  }

  void add(const Query& query, size_t i, const uint8_t* bytes) {
    for (size_t j = 0; j < 2; j++) {
      const int32x4_t x = vreinterpretq_s32_u8(vld1q_u8(bytes + 16 * j));
      high[j] = Element::add(high[j], x, narrow(query.words.high + i + 4 * j));
      low[j] = Element::add(low[j], x, narrow(query.words.low + i + 4 * j));
      if (!kNorm) continue;
      add_squares(Element::low_squares(x), 0);
      add_squares(Element::high_squares(x), 1);
    }
  }

  IntegerSums finish() const {
    const int64_t highs = vaddvq_s64(vaddq_s64(high[0], high[1]));
    const int64_t lows = vaddvq_s64(vaddq_s64(low[0], low[1]));
    const Wide dot = {highs >> 16, ((highs & 0xffff) << 16) + lows};
    if (!kNorm) return {dot, {0, 0}};
    // What lies below the upper halves is under 2^44 for a whole row, so known modulo 2^64.
    const uint64_t uppers = vaddvq_u64(vaddq_u64(upper[0], upper[1]));
    const uint64_t rest = vaddvq_u64(vaddq_u64(squares[0], squares[1])) - (uppers << 32);
    return {dot, {static_cast<int64_t>(uppers), static_cast<int64_t>(rest)}};
  }
};

// Asks for the lines of a row, due later, that begin in a step. A prefetch never faults. Always
// inline: GCC takes a function that only prefetches for one without effect, and drops its calls.
template <size_t kBytes>
__attribute__((always_inline)) inline void ask(const uint8_t* row, size_t start) {
  if (kBytes < kLineBytes && start % kLineBytes >= kBytes) return;
  for (size_t at = 0; at < kBytes; at += kLineBytes) __builtin_prefetch(row + start + at);
}

template <class Sums>
void scan(const Query& query, const Batch& batch, IntegerSums* out) {
  constexpr size_t kBytes = Sums::kBytes;
  constexpr size_t kStep = Sums::kStep;
  const size_t elements = query.elements;
  // SAFETY: row < batch.count; i + kStep <= elements for the row, and the query is padded to whole
  // steps.
  for (size_t row = 0; row < batch.count; row++) {
    Sums sums;
    size_t i = 0;
    for (; i + kStep <= elements; i += kStep) {
      ask<kStep * kBytes>(batch.ahead[row], i * kBytes);
      sums.add(query, i, batch.rows[row] + i * kBytes);
    }
    if (i < elements) {
      ask<kStep * kBytes>(batch.ahead[row], i * kBytes);
      uint8_t rest[kStep * kBytes] = {};
      std::memcpy(rest, batch.rows[row] + i * kBytes, (elements - i) * kBytes);
      sums.add(query, i, rest);
    }
    out[row] = sums.finish();
  }
}

// Differing bits of sixteen bytes, added to eight sums: at most 16 each, 512 for a whole row.
uint16x8_t add_bits(uint16x8_t sums, const uint8_t* row, const uint8_t* query) {
  return vpadalq_u8(sums, vcntq_u8(veorq_u8(vld1q_u8(row), vld1q_u8(query))));
}

void scan_bits(const Query& query, const Batch& batch, uint32_t* out) {
  const size_t length = query.elements;
  // SAFETY: row < batch.count; at + 16 <= length, and zeros follow the query's end.
  for (size_t row = 0; row < batch.count; row++) {
    for (size_t line = 0; line < length; line += kLineBytes) {
      ask<kLineBytes>(batch.ahead[row], line);
    }
    uint16x8_t sums = vdupq_n_u16(0);
    size_t at = 0;
    for (; at + 16 <= length; at += 16) {
      sums = add_bits(sums, batch.rows[row] + at, query.bits + at);
    }
    if (at < length) {
      uint8_t rest[16] = {};
      std::memcpy(rest, batch.rows[row] + at, length - at);
      sums = add_bits(sums, rest, query.bits + at);
    }
    out[row] = vaddlvq_u16(sums);
  }
}

#define SLUICE_WIDE_SCANS(kNorm)                                                   \
  scan<Words<Int32, kNorm>>, scan<Words<Uint32, kNorm>>, scan<Short<Int16, kNorm>>, \
      scan<Short<Uint16, kNorm>>

}  // namespace

const IntegerScans kIntegerScansNeon = {
    {SLUICE_WIDE_SCANS(false), scan<Short<Int8, false>>, scan<Short<Uint8, false>>},
    {SLUICE_WIDE_SCANS(true), scan<Short<Int8, true>>, scan<Short<Uint8, true>>},
    scan_bits};

const IntegerScans kIntegerScansDotprod = {
    {SLUICE_WIDE_SCANS(false), scan_int8_dotprod, scan_uint8_dotprod},
    {SLUICE_WIDE_SCANS(true), scan_int8_norm_dotprod, scan_uint8_norm_dotprod},
    scan_bits};

}  // namespace sluice

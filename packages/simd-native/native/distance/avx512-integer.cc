// Exact sums over rows of integers with AVX-512 (F, BW, DQ, VL) and VNNI, and differing bits with
// VPOPCNTDQ. VPDPBUSD multiplies unsigned by signed bytes, so one side is moved by 128 and the sum
// of the other is taken off again; VPDPWSSD takes signed words. One row after the other, as in
// avx512.cc. A row's end is loaded under a mask, which never faults; the zeros it leaves add
// nothing.
#include <immintrin.h>

#include "distance.h"

namespace sluice {
namespace {

constexpr size_t kRegisterBytes = 64;

// All bits of the first `length` bytes of a register, at most 64.
__mmask64 mask_of(size_t length) {
  return length < 64 ? (__mmask64{1} << length) - 1 : ~__mmask64{0};
}

__m512i load(const void* bytes) {
  // SAFETY: the caller has at least 64 bytes left; loadu needs no alignment.
  return _mm512_loadu_si512(bytes);
}

struct Totals {
  int64_t first;
  int64_t second;
};

// Adds the int64 lanes of two registers.
Totals totals64(__m512i first, __m512i second) {
  const __m512i pairs =
      _mm512_add_epi64(_mm512_unpacklo_epi64(first, second),
                       _mm512_unpackhi_epi64(first, second));
  const __m256i half = _mm256_add_epi64(_mm512_castsi512_si256(pairs),
                                        _mm512_extracti64x4_epi64(pairs, 1));
  const __m128i pair =
      _mm_add_epi64(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  return {_mm_cvtsi128_si64(pair), _mm_extract_epi64(pair, 1)};
}

// Adds the int32 lanes of two registers, whose totals fit int32.
Totals totals32(__m512i first, __m512i second) {
  const __m512i fours =
      _mm512_add_epi32(_mm512_unpacklo_epi32(first, second),
                       _mm512_unpackhi_epi32(first, second));
  const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(fours),
                                        _mm512_extracti64x4_epi64(fours, 1));
  const __m128i four =
      _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  const __m128i pair = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return {_mm_cvtsi128_si32(pair), _mm_extract_epi32(pair, 1)};
}

// high * 256 + low of int32 lanes, as int64 lanes.
__m512i join(__m512i high, __m512i low) {
  const __m512i highs =
      _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(high)),
                       _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(high, 1)));
  const __m512i lows = _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(low)),
                                        _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(low, 1)));
  return _mm512_add_epi64(_mm512_slli_epi64(highs, 8), lows);
}

// x is a row's element: signed = x and unsigned = x + 128, or unsigned = x and signed = x - 128.
// Zeros after the end stay zeros on the side that is x.
template <bool kSigned, bool kNorm>
struct Narrow {
  static constexpr size_t kBytes = 1;
  __m512i dot = _mm512_setzero_si512();
  __m512i norm = dot;
  __m512i sum = dot;

  void add(const Query& query, size_t i, __m512i x) {
    const __m512i moved = _mm512_xor_si512(x, _mm512_set1_epi8(-128));
    const __m512i q = load(query.narrow.bytes + i);
    const __m512i ones = _mm512_set1_epi8(1);
    if (kSigned) {
      dot = _mm512_dpbusd_epi32(dot, moved, q);
      if (kNorm) norm = _mm512_dpbusd_epi32(norm, moved, x);
      if (kNorm) sum = _mm512_dpbusd_epi32(sum, ones, x);
    } else {
      dot = _mm512_dpbusd_epi32(dot, q, moved);
      if (kNorm) norm = _mm512_dpbusd_epi32(norm, x, moved);
      if (kNorm) sum = _mm512_dpbusd_epi32(sum, x, ones);
    }
  }

  IntegerSums finish(const Query& query) const {
    const int64_t move = kSigned ? -128 : 128;
    const __m512i moves = _mm512_slli_epi32(sum, 7);
    const __m512i norms = kSigned ? _mm512_sub_epi32(norm, moves) : _mm512_add_epi32(norm, moves);
    const Totals totals = totals32(dot, norms);
    return {{0, totals.first + move * query.element_sum}, {0, totals.second}};
  }
};

// Elements are read as x = element - kShift, which fits int16 in both signednesses. At most 128
// products of pairs, below 2^24 each, are added to a lane.
template <int32_t kShift, bool kNorm>
struct Shorts {
  static constexpr size_t kBytes = 2;
  __m512i high = _mm512_setzero_si512();
  __m512i low = high;
  __m512i norm_high = high;
  __m512i norm_low = high;
  __m512i sum = high;

  void add(const Query& query, size_t i, __m512i elements) {
    const __m512i x =
        _mm512_xor_si512(elements, _mm512_set1_epi16(static_cast<int16_t>(kShift)));
    high = _mm512_dpwssd_epi32(high, x, load(query.shorts.high + i));
    low = _mm512_dpwssd_epi32(low, x, load(query.shorts.low + i));
    if (!kNorm) return;
    norm_high = _mm512_dpwssd_epi32(norm_high, x, _mm512_srai_epi16(x, 8));
    norm_low = _mm512_dpwssd_epi32(norm_low, x, _mm512_and_si512(x, _mm512_set1_epi16(0xff)));
    if (kShift != 0) sum = _mm512_dpwssd_epi32(sum, x, _mm512_set1_epi16(1));
  }

  IntegerSums finish(const Query& query) const {
    __m512i norm = join(norm_high, norm_low);
    if (kShift == 0) {
      const Totals totals = totals64(join(high, low), norm);
      return {{0, totals.first}, {0, totals.second}};
    }
    // (x + shift)^2 = x^2 + 2 shift x + shift^2. Zeros after the end were read as -shift, so the
    // last term is due for them too.
    const __m512i sums = join(_mm512_setzero_si512(), sum);
    norm = _mm512_add_epi64(norm, _mm512_slli_epi64(sums, 16));
    const Totals totals = totals64(join(high, low), norm);
    const int64_t length = static_cast<int64_t>((query.elements + 31) / 32 * 32);
    return {{0, totals.first + kShift * query.element_sum},
            {0, totals.second + length * kShift * kShift}};
  }
};

// Elements are read as x = element - kShift, which fits int32 in both signednesses.
template <int64_t kShift, bool kNorm>
struct Words {
  static constexpr size_t kBytes = 4;
  __m512i high = _mm512_setzero_si512();
  __m512i low = high;
  __m512i norm_high = high;
  __m512i norm_low = high;
  __m512i sum = high;

  void add(const Query& query, size_t i, __m512i elements) {
    const __m512i flip = _mm512_set1_epi32(static_cast<int32_t>(kShift));
    const __m512i moved = _mm512_xor_si512(elements, flip);
    add_half(query, i, _mm512_cvtepi32_epi64(_mm512_castsi512_si256(moved)));
    add_half(query, i + 8, _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(moved, 1)));
  }

  void add_half(const Query& query, size_t i, __m512i x) {
    high = _mm512_add_epi64(high, _mm512_mul_epi32(x, load(query.words.high + i)));
    low = _mm512_add_epi64(low, _mm512_mul_epi32(x, load(query.words.low + i)));
    if (!kNorm) return;
    const __m512i square = _mm512_mul_epi32(x, x);
    norm_high = _mm512_add_epi64(norm_high, _mm512_srli_epi64(square, 32));
    norm_low = _mm512_add_epi64(norm_low,
                                _mm512_and_si512(square, _mm512_set1_epi64(0xffffffff)));
    if (kShift != 0) sum = _mm512_add_epi64(sum, x);
  }

  IntegerSums finish(const Query& query) const {
    const Totals dots = totals64(high, low);
    // (x + shift)^2 = x^2 + 2 shift x + shift^2, in units of 2^32. Zeros after the end were read as
    // -shift, so the last term is due for them too.
    const Totals norms = totals64(_mm512_add_epi64(norm_high, sum), norm_low);
    const int64_t length = static_cast<int64_t>((query.elements + 15) / 16 * 16);
    const int64_t highs = dots.first + (kShift >> 16) * query.element_sum;
    return {{highs >> 16, ((highs & 0xffff) << 16) + dots.second},
            {norms.first + (kShift != 0 ? length << 30 : 0), norms.second}};
  }
};

template <class Sums>
IntegerSums row_sums(const Query& query, const uint8_t* row, const uint8_t* ahead) {
  Sums sums;
  const size_t length = query.elements * Sums::kBytes;
  size_t at = 0;
  // SAFETY: at + 64 <= length for the row; the query is padded to whole registers.
  for (; at + kRegisterBytes <= length; at += kRegisterBytes) {
    __builtin_prefetch(ahead + at);
    sums.add(query, at / Sums::kBytes, load(row + at));
  }
  if (at < length) {
    __builtin_prefetch(ahead + at);
    const __m512i rest = _mm512_maskz_loadu_epi8(mask_of(length - at), row + at);
    sums.add(query, at / Sums::kBytes, rest);
  }
  return sums.finish(query);
}

template <class Sums>
void scan(const Query& query, const Batch& batch, IntegerSums* out) {
  // SAFETY: row < count, of rows, ahead and out.
  for (size_t row = 0; row < batch.count; row++) {
    out[row] = row_sums<Sums>(query, batch.rows[row], batch.ahead[row]);
  }
}

void scan_bits(const Query& query, const Batch& batch, uint32_t* out) {
  const size_t length = query.elements;
  const size_t last = (length - 1) / kRegisterBytes * kRegisterBytes;
  const __mmask64 mask = mask_of(length - last);
  // SAFETY: row < count; at + 64 <= length in the loop, and the mask keeps to the row's end.
  for (size_t row = 0; row < batch.count; row++) {
    __builtin_prefetch(batch.ahead[row] + last);
    const __m512i rest = _mm512_maskz_loadu_epi8(mask, batch.rows[row] + last);
    __m512i sum = _mm512_popcnt_epi64(_mm512_xor_si512(rest, load(query.bits + last)));
    for (size_t at = 0; at < last; at += kRegisterBytes) {
      __builtin_prefetch(batch.ahead[row] + at);
      const __m512i bits = _mm512_xor_si512(load(batch.rows[row] + at), load(query.bits + at));
      sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(bits));
    }
    out[row] = static_cast<uint32_t>(_mm512_reduce_add_epi64(sum));
  }
}

constexpr int32_t kShort = 0x8000;
constexpr int64_t kWord = 0x80000000;

}  // namespace

const IntegerScans kIntegerScansAvx512 = {
    {scan<Words<0, false>>, scan<Words<kWord, false>>, scan<Shorts<0, false>>,
     scan<Shorts<kShort, false>>, scan<Narrow<true, false>>, scan<Narrow<false, false>>},
    {scan<Words<0, true>>, scan<Words<kWord, true>>, scan<Shorts<0, true>>,
     scan<Shorts<kShort, true>>, scan<Narrow<true, true>>, scan<Narrow<false, true>>},
    scan_bits};

}  // namespace sluice

// Sums over rows of floats for any CPU: vectors of two float64 as the compiler's generic vectors,
// which become SSE2 on x86-64 and NEON on arm64. Eight elements a step in four sums.
// |error| <= (elements + 3) * 2^-53 * sum |terms|: products of float32 and narrower are exact.
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "distance.h"

namespace sluice {
namespace {

typedef double Pair __attribute__((vector_size(16)));
typedef uint64_t LongPair __attribute__((vector_size(16)));
typedef float Single __attribute__((vector_size(16)));
typedef float SinglePair __attribute__((vector_size(8)));
typedef int32_t Word __attribute__((vector_size(16)));
typedef uint16_t Half __attribute__((vector_size(8)));

constexpr size_t kStep = 8;
constexpr size_t kSums = 4;

// SAFETY, of all loads: the caller has four elements left; memcpy needs no alignment.
template <class Vector>
Vector read(const uint8_t* bytes) {
  Vector vector;
  std::memcpy(&vector, bytes, sizeof(vector));
  return vector;
}

// Four elements.
struct Four {
  Pair pairs[2];
};

// The two conversions below are said in intrinsics where compilers miss them.
Four widen_words(Word bits) {
  const Single values = (Single)bits;
#if defined(__SSE2__)
  return {{(Pair)_mm_cvtps_pd(values), (Pair)_mm_cvtps_pd(_mm_movehl_ps(values, values))}};
#else
  const SinglePair low = {values[0], values[1]};
  const SinglePair high = {values[2], values[3]};
  return {{__builtin_convertvector(low, Pair), __builtin_convertvector(high, Pair)}};
#endif
}

// Four 16-bit elements as 32-bit words.
Word read_halves(const uint8_t* bytes) {
#if defined(__SSE2__)
  const __m128i halves = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
  return (Word)_mm_unpacklo_epi16(halves, _mm_setzero_si128());
#else
  return __builtin_convertvector(read<Half>(bytes), Word);
#endif
}

struct Float64 {
  static constexpr size_t kBytes = 8;
  static Four load(const uint8_t* bytes) { return {{read<Pair>(bytes), read<Pair>(bytes + 16)}}; }
};

struct Float32 {
  static constexpr size_t kBytes = 4;
  static Four load(const uint8_t* bytes) { return widen_words(read<Word>(bytes)); }
};

// Exponent and fraction of binary16 move to those of binary32, whose exponents are 112 larger; an
// exponent of all ones moves twice. A subnormal is its fraction times 2^-24.
struct Float16 {
  static constexpr size_t kBytes = 2;
  static Four load(const uint8_t* bytes) {
    const Word bits = read_halves(bytes);
    const Word magnitude = bits & 0x7fff;
    const Word rebias = (112 << 23) + ((magnitude > 0x7bff) & (112 << 23));
    const Word normal = (magnitude << 13) + rebias;
    const Word subnormal = (Word)(__builtin_convertvector(magnitude, Single) * 0x1p-24f);
    const Word is_subnormal = magnitude < 0x0400;
    const Word value = (subnormal & is_subnormal) | (normal & ~is_subnormal);
    return widen_words(value | ((bits & 0x8000) << 16));
  }
};

struct Bfloat16 {
  static constexpr size_t kBytes = 2;
  static Four load(const uint8_t* bytes) {
    return widen_words(read_halves(bytes) << 16);
  }
};

// A 64-bit integer is high * 2^32 + low; both become doubles by landing in the fraction of a power
// of two (2^84 and 2^52), and only their addition rounds. `kFlip` makes the high word of a signed
// integer unsigned, which adds 2^63 to what is taken off.
template <uint64_t kFlip, uint64_t kOffset>
struct Integer64 {
  static constexpr size_t kBytes = 8;
  static Pair widen(LongPair value) {
    const LongPair low = (value & 0xffffffff) | 0x4330000000000000;
    const LongPair high = (value >> 32) ^ (0x4530000000000000 | kFlip);
    const LongPair offset = {kOffset, kOffset};
    return ((Pair)high - (Pair)offset) + (Pair)low;
  }
  static Four load(const uint8_t* bytes) {
    return {{widen(read<LongPair>(bytes)), widen(read<LongPair>(bytes + 16))}};
  }
};

using Int64 = Integer64<0x80000000, 0x4530000080100000>;
using Uint64 = Integer64<0, 0x4530000000100000>;

// The sums of a row, over the elements seen so far.
struct State {
  Pair sums[kSums];
  Pair norms[kSums];
};

double total(const Pair* sums) {
  const Pair sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  return sum[0] + sum[1];
}

template <class Element, Metric kMetric>
void add_step(const double* query, const uint8_t* row, State* state) {
  for (size_t j = 0; j < kSums; j += 2) {
    const Four four = Element::load(row + 2 * j * Element::kBytes);
    for (size_t half = 0; half < 2; half++) {
      const Pair q = read<Pair>(reinterpret_cast<const uint8_t*>(query + 2 * (j + half)));
      const Pair x = four.pairs[half];
      const Pair factor = kMetric == Metric::kL2 ? q - x : x;
      state->sums[j + half] += (kMetric == Metric::kL2 ? factor : q) * factor;
      if (kMetric == Metric::kCosine) state->norms[j + half] += x * x;
    }
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
  State state = {};
  size_t i = 0;
  // SAFETY: i + kStep <= elements; the query is padded to whole steps.
  for (; i + kStep <= query.elements; i += kStep) {
    ask<kStep * Element::kBytes>(ahead, i * Element::kBytes);
    add_step<Element, kMetric>(query.numbers + i, row + i * Element::kBytes, &state);
  }
  if (i < query.elements) {
    ask<kStep * Element::kBytes>(ahead, i * Element::kBytes);
    uint8_t rest[kStep * Element::kBytes] = {};
    std::memcpy(rest, row + i * Element::kBytes, (query.elements - i) * Element::kBytes);
    add_step<Element, kMetric>(query.numbers + i, rest, &state);
  }
  return {total(state.sums), total(state.norms)};
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
    std::memcpy(out + i, &four, sizeof(four));
  }
}

#define SLUICE_SCANS(Element) \
  {scan<Element, Metric::kCosine>, scan<Element, Metric::kDot>, scan<Element, Metric::kL2>}

}  // namespace

const FloatScans kFloatScansBaseline = {
    {widen<Float64>, widen<Float32>, widen<Float16>, widen<Bfloat16>, widen<Int64>, widen<Uint64>},
    {SLUICE_SCANS(Float64), SLUICE_SCANS(Float32), SLUICE_SCANS(Float16), SLUICE_SCANS(Bfloat16),
     SLUICE_SCANS(Int64), SLUICE_SCANS(Uint64)}};

}  // namespace sluice

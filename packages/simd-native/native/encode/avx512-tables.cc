// Tables with AVX-512, four at a time: each quarter of a register has four entries of one table.
#include "avx512-lanes.h"

namespace sluice {
namespace {

// Sums of neighbours, of a's and of b's, by quarters of a register.
Vector add_neighbours(Vector a, Vector b) {
  return _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x88), _mm512_shuffle_ps(a, b, 0xdd));
}

// Entries of a table's value before rounding are (value + weight) * factor.
struct Scale {
  Vector weight;
  Vector factor;
};

__m512i entries(Vector value, const Scale& scale) {
  return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_add_ps(value, scale.weight), scale.factor));
}

// The tables of q0 to q3, q4 to q7, and so on.
__m512i tables_of(Vector q, Vector factor) {
  const Vector alternate = _mm512_setr_ps(1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1);
  const Vector ends = _mm512_setr_ps(-0.0f, 0, -0.0f, 0, -0.0f, 0, -0.0f, 0, -0.0f, 0, -0.0f, 0,
                                     -0.0f, 0, -0.0f, 0);
  const Vector magnitudes = _mm512_abs_ps(q);
  const Vector pairs = _mm512_add_ps(magnitudes, _mm512_permute_ps(magnitudes, 0xb1));
  const Scale scale = {_mm512_add_ps(pairs, _mm512_permute_ps(pairs, 0x4e)), factor};
  // q0 + q1, q0 - q1, q2 + q3, q2 - q3: an FMA by 1 or -1 rounds as the addition does. All other
  // sums of the pairs are these or their negatives.
  const Vector sums = _mm512_fmadd_ps(q, alternate, _mm512_permute_ps(q, 0xb1));
  const Vector low = _mm512_xor_ps(_mm512_permute_ps(sums, 0x14), ends);
  const Vector both = _mm512_permute_ps(sums, 0xaa);
  const Vector one = _mm512_permute_ps(sums, 0xff);
  const __m512i first = _mm512_packs_epi32(entries(_mm512_sub_ps(low, both), scale),
                                           entries(_mm512_add_ps(low, one), scale));
  const __m512i last = _mm512_packs_epi32(entries(_mm512_sub_ps(low, one), scale),
                                          entries(_mm512_add_ps(low, both), scale));
  return _mm512_packus_epi16(first, last);
}

}  // namespace

Weights weigh_avx512(float* y, size_t code_dimension, float shrink) {
  const Vector scale = _mm512_set1_ps(shrink);
  Sum sum = {};
  Vector largest = _mm512_setzero_ps();
  // SAFETY: y has whole sets of lanes.
  for (size_t i = 0; i < code_dimension; i += kLanes) {
    Vector v[kRegisters];
    for (size_t k = 0; k < kRegisters; k++) {
      float* const at = y + i + k * kWidth;
      const Vector q = _mm512_mul_ps(_mm512_load_ps(at), scale);
      _mm512_store_ps(at, q);
      v[k] = _mm512_abs_ps(q);
      sum.lanes[k] = _mm512_add_ps(sum.lanes[k], v[k]);
    }
    const Vector weights = add_neighbours(add_neighbours(v[0], v[1]), add_neighbours(v[2], v[3]));
    largest = _mm512_max_ps(weights, largest);
  }
  return {_mm512_reduce_max_ps(largest), total(sum)};
}

void tables_avx512(const float* q, size_t code_dimension, float factor, uint8_t* tables) {
  const Vector factors = _mm512_set1_ps(factor);
  // SAFETY: q has code_dimension floats, a multiple of 64, and a table 16 bytes for four of them.
  for (size_t i = 0; i < code_dimension; i += kWidth) {
    _mm512_storeu_si512(tables + 4 * i, tables_of(_mm512_load_ps(q + i), factors));
  }
}

}  // namespace sluice

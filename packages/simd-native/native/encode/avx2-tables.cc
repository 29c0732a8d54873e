// Tables with AVX2, two at a time: each half of a register has four entries of one table.
#include "avx2-lanes.h"

namespace sluice {
namespace {

Vector magnitude(Vector x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }

// Sums of neighbours, of a's and of b's, by halves of a register.
Vector add_neighbours(Vector a, Vector b) {
  return _mm256_add_ps(_mm256_shuffle_ps(a, b, 0x88), _mm256_shuffle_ps(a, b, 0xdd));
}

float largest_of(Vector x) {
  __m128 y = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  y = _mm_max_ps(y, _mm_movehl_ps(y, y));
  return _mm_cvtss_f32(_mm_max_ss(y, _mm_movehdup_ps(y)));
}

// Entries of a table's value before rounding are (value + weight) * factor.
struct Scale {
  Vector weight;
  Vector factor;
};

__m256i entries(Vector value, const Scale& scale) {
  return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_add_ps(value, scale.weight), scale.factor));
}

// The tables of q0 to q3 and of q4 to q7.
__m256i tables_of(Vector q, Vector factor) {
  const Vector alternate = _mm256_setr_ps(1, -1, 1, -1, 1, -1, 1, -1);
  const Vector ends = _mm256_setr_ps(-0.0f, 0, -0.0f, 0, -0.0f, 0, -0.0f, 0);
  const Vector magnitudes = magnitude(q);
  const Vector pairs = _mm256_add_ps(magnitudes, _mm256_permute_ps(magnitudes, 0xb1));
  const Scale scale = {_mm256_add_ps(pairs, _mm256_permute_ps(pairs, 0x4e)), factor};
  // q0 + q1, q0 - q1, q2 + q3, q2 - q3: an FMA by 1 or -1 rounds as the addition does. All other
  // sums of the pairs are these or their negatives.
  const Vector sums = _mm256_fmadd_ps(q, alternate, _mm256_permute_ps(q, 0xb1));
  const Vector low = _mm256_xor_ps(_mm256_permute_ps(sums, 0x14), ends);
  const Vector both = _mm256_permute_ps(sums, 0xaa);
  const Vector one = _mm256_permute_ps(sums, 0xff);
  const __m256i first = _mm256_packs_epi32(entries(_mm256_sub_ps(low, both), scale),
                                           entries(_mm256_add_ps(low, one), scale));
  const __m256i last = _mm256_packs_epi32(entries(_mm256_sub_ps(low, one), scale),
                                          entries(_mm256_add_ps(low, both), scale));
  return _mm256_packus_epi16(first, last);
}

}  // namespace

Weights weigh_avx2(float* y, size_t code_dimension, float shrink) {
  const Vector scale = _mm256_set1_ps(shrink);
  Sum sum = {};
  Vector largest = _mm256_setzero_ps();
  // SAFETY: y has whole sets of lanes.
  for (size_t i = 0; i < code_dimension; i += kLanes) {
    for (size_t k = 0; k < kRegisters; k += 4) {
      Vector v[4];
      for (size_t j = 0; j < 4; j++) {
        float* const at = y + i + (k + j) * kWidth;
        const Vector q = _mm256_mul_ps(_mm256_load_ps(at), scale);
        _mm256_store_ps(at, q);
        v[j] = magnitude(q);
        sum.lanes[k + j] = _mm256_add_ps(sum.lanes[k + j], v[j]);
      }
      const Vector weights = add_neighbours(add_neighbours(v[0], v[1]), add_neighbours(v[2], v[3]));
      largest = _mm256_max_ps(weights, largest);
    }
  }
  return {largest_of(largest), total(sum)};
}

void tables_avx2(const float* q, size_t code_dimension, float factor, uint8_t* tables) {
  const Vector factors = _mm256_set1_ps(factor);
  // SAFETY: q has code_dimension floats, a multiple of 64, and a table 16 bytes for four of them.
  for (size_t i = 0; i < code_dimension; i += kWidth) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(tables + 4 * i),
                        tables_of(_mm256_load_ps(q + i), factors));
  }
}

}  // namespace sluice

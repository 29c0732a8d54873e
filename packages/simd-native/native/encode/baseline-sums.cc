// The steps that sum in 64 lanes, for any CPU: plain loops which compilers make vectors of. A set
// of lanes is widened to float32 first, so that all else is written once.
#include <cmath>
#include <cstring>

#include "steps.h"

namespace sluice {
namespace {

// The lanes of sum64; a set of numbers is as long.
struct Lanes {
  alignas(64) float of[kLanes];
};

float total(Lanes* sum) {
  for (size_t h = kLanes / 2; h > 0; h /= 2) {
    for (size_t j = 0; j < h; j++) sum->of[j] += sum->of[j + h];
  }
  return sum->of[0];
}

struct Float32 {
  static constexpr size_t kBits = 32;
  static void load(const uint8_t* bytes, float* out) {
    std::memcpy(out, bytes, kLanes * sizeof(float));
  }
};

// binary16. Exponent and fraction move to those of binary32, whose exponents are 112 larger; an
// exponent of all ones moves twice. A subnormal is its fraction times 2^-24.
struct Float16 {
  static constexpr size_t kBits = 16;
  static void load(const uint8_t* bytes, float* out) {
    uint16_t halves[kLanes];
    uint32_t words[kLanes];
    std::memcpy(halves, bytes, sizeof(halves));
    for (size_t i = 0; i < kLanes; i++) {
      const uint32_t magnitude = halves[i] & 0x7fffu;
      const uint32_t rebias = magnitude > 0x7bffu ? 224u << 23 : 112u << 23;
      const float small = static_cast<float>(static_cast<int32_t>(magnitude)) * 0x1p-24f;
      uint32_t subnormal;
      std::memcpy(&subnormal, &small, sizeof(small));
      const uint32_t value = magnitude < 0x0400u ? subnormal : (magnitude << 13) + rebias;
      words[i] = value | (halves[i] & 0x8000u) << 16;
    }
    std::memcpy(out, words, sizeof(words));
  }
};

// The upper half of a float32.
struct Bfloat16 {
  static constexpr size_t kBits = 16;
  static void load(const uint8_t* bytes, float* out) {
    uint16_t halves[kLanes];
    uint32_t words[kLanes];
    std::memcpy(halves, bytes, sizeof(halves));
    for (size_t i = 0; i < kLanes; i++) words[i] = static_cast<uint32_t>(halves[i]) << 16;
    std::memcpy(out, words, sizeof(words));
  }
};

template <class Value>
struct Integer {
  static constexpr size_t kBits = 8 * sizeof(Value);
  static void load(const uint8_t* bytes, float* out) {
    Value values[kLanes];
    std::memcpy(values, bytes, sizeof(values));
    for (size_t i = 0; i < kLanes; i++) out[i] = static_cast<float>(values[i]);
  }
};

// The most significant bit first.
struct Bit {
  static constexpr size_t kBits = 1;
  static void load(const uint8_t* bytes, float* out) {
    // SAFETY: 64 bits are eight bytes.
    for (size_t i = 0; i < kLanes; i++) {
      out[i] = static_cast<float>(bytes[i / 8] >> (7 - i % 8) & 1);
    }
  }
};

// Elements from `at` on, at most 64, with zeros after the last one; `at` is a multiple of 64.
template <class Element>
void load_set(const uint8_t* row, size_t at, size_t elements, float* out) {
  const uint8_t* const bytes = row + at * Element::kBits / 8;
  const size_t left = elements - at;
  if (left >= kLanes) return Element::load(bytes, out);
  uint8_t rest[kLanes * Element::kBits / 8] = {};
  // SAFETY: left < kLanes elements, to the end of the row.
  std::memcpy(rest, bytes, (left * Element::kBits + 7) / 8);
  // Unused bits of a last byte, whatever they are.
  if (Element::kBits == 1) rest[left / 8] &= static_cast<uint8_t>(0xff00u >> left % 8);
  Element::load(rest, out);
}

// N
template <class Element>
float squared_length(const Space& space, const uint8_t* row) {
  Lanes sum = {};
  Lanes x;
  for (size_t at = 0; at < space.elements; at += kLanes) {
    load_set<Element>(row, at, space.elements, x.of);
    for (size_t j = 0; j < kLanes; j++) sum.of[j] += x.of[j] * x.of[j];
  }
  return total(&sum);
}

// u = x scale, r = u - c, R and a. A scale of 1 changes nothing.
template <class Element>
void centre_row(const Space& space, const uint8_t* row, float scale, CentredRow* out) {
  Lanes squared = {};
  Lanes inner = {};
  Lanes c;
  for (size_t at = 0; at < space.elements; at += kLanes) {
    // SAFETY: u and r have room for whole sets.
    float* const u = out->u + at;
    float* const r = out->r + at;
    load_set<Element>(row, at, space.elements, u);
    load_set<Float32>(reinterpret_cast<const uint8_t*>(space.mean), at, space.elements, c.of);
    for (size_t j = 0; j < kLanes; j++) {
      u[j] = u[j] * scale;
      r[j] = u[j] - c.of[j];
      squared.of[j] += r[j] * r[j];
      inner.of[j] += u[j] * c.of[j];
    }
  }
  out->squared = total(&squared);
  out->inner = total(&inner);
}

template <class Element>
void centre_narrow(const Space& space, const uint8_t* row, CentredRow* out) {
  if (space.metric != Metric::kCosine) return centre_row<Element>(space, row, 1.0f, out);
  const float norm = squared_length<Element>(space, row);
  if (!(norm >= kNormMin && norm <= kNormMax)) {
    return centre_wide(kEncodeStepsBaseline, space, row, out);
  }
  centre_row<Element>(space, row, 1.0f / std::sqrt(norm), out);
}

// The sum of Term::of(a, b) over elements; of two zeros it must be zero.
template <class Term>
float sum_pairs(const float* a, const float* b, size_t elements) {
  Lanes sum = {};
  // SAFETY: i + left <= elements, of both.
  for (size_t i = 0; i < elements; i += kLanes) {
    const size_t left = elements - i;
    if (left >= kLanes) {
      for (size_t j = 0; j < kLanes; j++) sum.of[j] += Term::of(a[i + j], b[i + j]);
    } else {
      for (size_t j = 0; j < left; j++) sum.of[j] += Term::of(a[i + j], b[i + j]);
    }
  }
  return total(&sum);
}

float weight_of(const float* q) {
  return (std::fabs(q[0]) + std::fabs(q[1])) + (std::fabs(q[2]) + std::fabs(q[3]));
}

struct Product {
  static float of(float a, float b) { return a * b; }
};

struct SquaredDifference {
  static float of(float a, float b) { return (a - b) * (a - b); }
};

}  // namespace

void centre_baseline(const Space& space, const uint8_t* row, CentredRow* out) {
  switch (space.dtype) {
    case kCodeFloat32:
    case kCodeComplex64: return centre_narrow<Float32>(space, row, out);
    case kCodeFloat16: return centre_narrow<Float16>(space, row, out);
    case kCodeBfloat16: return centre_narrow<Bfloat16>(space, row, out);
    case kCodeInt16: return centre_narrow<Integer<int16_t>>(space, row, out);
    case kCodeUint16: return centre_narrow<Integer<uint16_t>>(space, row, out);
    case kCodeInt8: return centre_narrow<Integer<int8_t>>(space, row, out);
    case kCodeUint8: return centre_narrow<Integer<uint8_t>>(space, row, out);
    case kCodeBit: return centre_narrow<Bit>(space, row, out);
    default: return centre_wide(kEncodeStepsBaseline, space, row, out);
  }
}

float code_baseline(const float* y, size_t code_dimension, uint8_t* code) {
  Lanes sum = {};
  // SAFETY: y has whole sets of lanes; a code has a byte for eight of them.
  for (size_t i = 0; i < code_dimension; i += kLanes) {
    for (size_t j = 0; j < kLanes; j++) sum.of[j] += std::fabs(y[i + j]);
    for (size_t j = 0; j < kLanes; j += 8) {
      uint32_t words[8];
      std::memcpy(words, y + i + j, sizeof(words));
      uint32_t negative = 0;
      for (size_t bit = 0; bit < 8; bit++) negative |= words[bit] >> 31 << bit;
      code[(i + j) / 8] = static_cast<uint8_t>(~negative);
    }
  }
  return total(&sum);
}

float signed_sum_baseline(const float* y, const float* z, size_t code_dimension) {
  Lanes sum = {};
  // SAFETY: y and z have whole sets of lanes.
  for (size_t i = 0; i < code_dimension; i += kLanes) {
    uint32_t signs[kLanes];
    uint32_t words[kLanes];
    float terms[kLanes];
    std::memcpy(signs, y + i, sizeof(signs));
    std::memcpy(words, z + i, sizeof(words));
    for (size_t j = 0; j < kLanes; j++) words[j] ^= signs[j] & 0x80000000u;
    std::memcpy(terms, words, sizeof(terms));
    for (size_t j = 0; j < kLanes; j++) sum.of[j] += terms[j];
  }
  return total(&sum);
}

float inner_product_baseline(const float* a, const float* b, size_t elements) {
  return sum_pairs<Product>(a, b, elements);
}

float squared_distance_baseline(const float* a, const float* b, size_t elements) {
  return sum_pairs<SquaredDifference>(a, b, elements);
}

float residual_product_baseline(const float* r, const float* a, const float* b, size_t elements) {
  Lanes sum = {};
  // SAFETY: i + left <= elements, of all three.
  for (size_t i = 0; i < elements; i += kLanes) {
    const size_t left = elements - i < kLanes ? elements - i : kLanes;
    for (size_t j = 0; j < left; j++) sum.of[j] += r[i + j] * (a[i + j] - b[i + j]);
  }
  return total(&sum);
}

Weights weigh_baseline(float* y, size_t code_dimension, float shrink) {
  Lanes sum = {};
  float largest = 0.0f;
  // SAFETY: y has whole sets of lanes.
  for (size_t i = 0; i < code_dimension; i += kLanes) {
    float* const q = y + i;
    for (size_t j = 0; j < kLanes; j++) q[j] *= shrink;
    for (size_t j = 0; j < kLanes; j++) sum.of[j] += std::fabs(q[j]);
    for (size_t j = 0; j < kLanes; j += 4) {
      const float weight = weight_of(q + j);
      largest = weight > largest ? weight : largest;
    }
  }
  return {largest, total(&sum)};
}

}  // namespace sluice

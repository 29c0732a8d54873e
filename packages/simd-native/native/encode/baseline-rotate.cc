// The rotation for any CPU: plain loops which compilers make vectors of, two butterflies at a time.
#include <cstring>

#include "steps.h"

namespace sluice {
namespace {

// Signs, and butterflies at distance 1 and 2.
void rotate_4(float* y, const float* signs) {
  const float a = y[0] * signs[0];
  const float b = y[1] * signs[1];
  const float c = y[2] * signs[2];
  const float d = y[3] * signs[3];
  y[0] = (a + b) + (c + d);
  y[1] = (a - b) + (c - d);
  y[2] = (a + b) - (c + d);
  y[3] = (a - b) - (c - d);
}

// Butterflies at `distance` and twice that, among four runs of that length.
void pass_4(float* y, size_t distance) {
  // SAFETY: 4 distance floats.
  float* __restrict first = y;
  float* __restrict second = y + distance;
  float* __restrict third = y + 2 * distance;
  float* __restrict fourth = y + 3 * distance;
  for (size_t i = 0; i < distance; i++) {
    const float a = first[i] + second[i];
    const float b = first[i] - second[i];
    const float c = third[i] + fourth[i];
    const float d = third[i] - fourth[i];
    first[i] = a + c;
    second[i] = b + d;
    third[i] = a - c;
    fourth[i] = b - d;
  }
}

// Butterflies at `distance` between two runs of that length.
void pass_2(float* y, size_t distance) {
  // SAFETY: 2 distance floats.
  float* __restrict first = y;
  float* __restrict second = y + distance;
  for (size_t i = 0; i < distance; i++) {
    const float sum = first[i] + second[i];
    second[i] = first[i] - second[i];
    first[i] = sum;
  }
}

// Butterflies within a run, from distance 4 up.
void transform(float* y, size_t run) {
  size_t distance = 4;
  for (; 2 * distance < run; distance *= 4) {
    for (size_t i = 0; i < run; i += 4 * distance) pass_4(y + i, distance);
  }
  if (distance < run) pass_2(y, distance);
}

// The Householder reflection across runs.
void reflect(float* y, size_t run, size_t runs) {
  const float scale = 2.0f / static_cast<float>(runs);
  // SAFETY: runs * run floats; 64 columns at a time, which is how short a run can be.
  for (size_t i = 0; i < run; i += kLanes) {
    alignas(64) float t[kLanes];
    std::memcpy(t, y + i, sizeof(t));
    for (size_t k = 1; k < runs; k++) {
      for (size_t j = 0; j < kLanes; j++) t[j] += y[k * run + i + j];
    }
    for (size_t j = 0; j < kLanes; j++) t[j] *= scale;
    for (size_t k = 0; k < runs; k++) {
      for (size_t j = 0; j < kLanes; j++) y[k * run + i + j] -= t[j];
    }
  }
}

}  // namespace

void rotate_baseline(const Space& space, float* y) {
  const size_t dimension = space.code_dimension;
  const size_t runs = dimension / space.run;
  for (size_t round = 0; round < 2; round++) {
    const float* const signs = space.signs + round * dimension;
    for (size_t i = 0; i < dimension; i += 4) rotate_4(y + i, signs + i);
    for (size_t i = 0; i < dimension; i += space.run) transform(y + i, space.run);
    if (runs > 1) reflect(y, space.run, runs);
  }
}

}  // namespace sluice

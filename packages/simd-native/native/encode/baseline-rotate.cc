// The rotation for any CPU, in vectors of the compiler's, which become SSE2 on x86-64 and NEON on
// arm64: 16 numbers at a time through the first four butterflies in registers, the others over
// memory, two at a time.
#include <cstring>

#include "steps.h"

namespace sluice {
namespace {

constexpr size_t kWidth = 4;

typedef float Vector __attribute__((vector_size(16)));

// SAFETY, of all loads and stores: the caller has four floats left; memcpy needs no alignment.
Vector load(const float* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof(vector));
  return vector;
}

void store(float* to, Vector vector) { std::memcpy(to, &vector, sizeof(vector)); }

// Butterflies at distance 1 and 2.
Vector butterflies(Vector x) {
  x = Vector{x[1], x[0], x[3], x[2]} + x * Vector{1, -1, 1, -1};
  return Vector{x[2], x[3], x[0], x[1]} + x * Vector{1, 1, -1, -1};
}

// Butterflies between neighbours of four, then between those two apart.
void butterflies_of_4(Vector* v) {
  const Vector a = v[0] + v[1];
  const Vector b = v[0] - v[1];
  const Vector c = v[2] + v[3];
  const Vector d = v[2] - v[3];
  v[0] = a + c;
  v[1] = b + d;
  v[2] = a - c;
  v[3] = b - d;
}

// Signs, and butterflies up to distance 8.
void rotate_16(float* y, const float* signs) {
  Vector v[4];
  for (size_t k = 0; k < 4; k++) {
    v[k] = butterflies(load(y + k * kWidth) * load(signs + k * kWidth));
  }
  butterflies_of_4(v);
  for (size_t k = 0; k < 4; k++) store(y + k * kWidth, v[k]);
}

// Butterflies at `distance` and twice that, among four runs of that length.
void pass_4(float* y, size_t distance) {
  for (size_t i = 0; i < distance; i += kWidth) {
    Vector v[4];
    for (size_t k = 0; k < 4; k++) v[k] = load(y + k * distance + i);
    butterflies_of_4(v);
    for (size_t k = 0; k < 4; k++) store(y + k * distance + i, v[k]);
  }
}

// Butterflies at `distance` between two runs of that length.
void pass_2(float* y, size_t distance) {
  for (size_t i = 0; i < distance; i += kWidth) {
    const Vector p = load(y + i);
    const Vector q = load(y + distance + i);
    store(y + i, p + q);
    store(y + distance + i, p - q);
  }
}

// Butterflies within a run, from distance 16 up.
void transform(float* y, size_t run) {
  size_t distance = 16;
  for (; 2 * distance < run; distance *= 4) {
    for (size_t i = 0; i < run; i += 4 * distance) pass_4(y + i, distance);
  }
  if (distance < run) pass_2(y, distance);
}

// The Householder reflection across runs.
void reflect(float* y, size_t run, size_t runs) {
  const float scale = 2.0f / static_cast<float>(runs);
  for (size_t i = 0; i < run; i += kWidth) {
    Vector t = load(y + i);
    for (size_t k = 1; k < runs; k++) t += load(y + k * run + i);
    t *= scale;
    for (size_t k = 0; k < runs; k++) store(y + k * run + i, load(y + k * run + i) - t);
  }
}

}  // namespace

void rotate_baseline(const Space& space, float* y) {
  const size_t dimension = space.code_dimension;
  const size_t runs = dimension / space.run;
  for (size_t round = 0; round < 2; round++) {
    const float* const signs = space.signs + round * dimension;
    for (size_t i = 0; i < dimension; i += 16) rotate_16(y + i, signs + i);
    for (size_t i = 0; i < dimension; i += space.run) transform(y + i, space.run);
    if (runs > 1) reflect(y, space.run, runs);
  }
}

}  // namespace sluice

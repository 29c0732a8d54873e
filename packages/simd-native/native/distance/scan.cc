// Ordering distances from the sums of the kernels, and the heap of the nearest rows. Both follow
// the scalar kernels of @sluice/core step by step (ordering-distance.ts, nearest-heap.ts).
#include "scan.h"

#include <cmath>
#include <cstring>

namespace sluice {
namespace {

constexpr size_t kLineBytes = 64;
// Lines of a row to ask for; after these, the hardware has seen the stream.
constexpr size_t kPrefetchBytesMax = 1024;

double cosine_distance(double dot, double query_norm, double row_norm) {
  const double norm_product = query_norm * row_norm;
  if (norm_product == 0) return 1;
  const double cosine = dot / std::sqrt(norm_product);
  if (std::isnan(cosine)) return INFINITY;
  return 1 - (cosine > 1 ? 1 : cosine < -1 ? -1 : cosine);
}

bool is_worse(const Heap& heap, size_t a, size_t b) {
  // SAFETY: the callers' indices are below count.
  return heap.distances[a] > heap.distances[b] ||
         (heap.distances[a] == heap.distances[b] && heap.rows[a] > heap.rows[b]);
}

void sift_up(Heap* heap, double distance, uint32_t row) {
  size_t index = heap->count;
  while (index > 0) {
    // SAFETY: parents lie below index, which starts at count < k.
    const size_t parent = (index - 1) / 2;
    const double above = heap->distances[parent];
    if (above > distance || (above == distance && heap->rows[parent] > row)) break;
    heap->distances[index] = above;
    heap->rows[index] = heap->rows[parent];
    index = parent;
  }
  heap->distances[index] = distance;
  heap->rows[index] = row;
}

void sift_down(Heap* heap, double distance, uint32_t row) {
  size_t index = 0;
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= heap->count) break;
    // SAFETY: child is below count.
    if (child + 1 < heap->count && is_worse(*heap, child + 1, child)) child += 1;
    const double below = heap->distances[child];
    if (below < distance || (below == distance && heap->rows[child] < row)) break;
    heap->distances[index] = below;
    heap->rows[index] = heap->rows[child];
    index = child;
  }
  heap->distances[index] = distance;
  heap->rows[index] = row;
}

}  // namespace

void prepare_query(Query* query, const Kernels* kernels, Metric metric, const uint8_t* bytes,
                   size_t elements) {
  query->kernels = kernels;
  query->metric = metric;
  query->elements = elements;
  for (size_t i = 0; i < elements; i++) {
    float value;
    // SAFETY: bytes holds `elements` float32, and elements <= kElementsMax.
    std::memcpy(&value, bytes + i * sizeof(float), sizeof(float));
    query->widened[i] = static_cast<double>(value);
  }
  query->norm = kernels->dot_float32(query->widened, bytes, elements);
}

double row_distance(const Query& query, const uint8_t* row) {
  const Kernels& kernels = *query.kernels;
  if (query.metric == Metric::kCosine) {
    double dot;
    double norm;
    kernels.cosine_float32(query.widened, row, query.elements, &dot, &norm);
    return cosine_distance(dot, query.norm, norm);
  }
  const bool is_dot = query.metric == Metric::kDot;
  const double sum = is_dot ? kernels.dot_float32(query.widened, row, query.elements)
                            : kernels.l2_float32(query.widened, row, query.elements);
  if (std::isnan(sum)) return INFINITY;
  return is_dot ? 0 - sum : sum;
}

void prefetch_row(const Query& query, const uint8_t* row) {
  const size_t length = query.elements * sizeof(float);
  const size_t wanted = length < kPrefetchBytesMax ? length : kPrefetchBytesMax;
  // SAFETY: at < the row's length; a prefetch never faults anyway.
  for (size_t at = 0; at < wanted; at += kLineBytes) __builtin_prefetch(row + at);
}

void offer(Heap* heap, double distance, uint32_t row) {
  if (distance > heap->distance_max) return;
  if (heap->count < heap->k) {
    sift_up(heap, distance, row);
    heap->count += 1;
    return;
  }
  // SAFETY: count == k >= 1.
  const double worst = heap->distances[0];
  if (distance < worst || (distance == worst && row < heap->rows[0])) {
    sift_down(heap, distance, row);
  }
}

}  // namespace sluice

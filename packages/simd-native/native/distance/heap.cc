// The heap of the nearest rows, as nearest-heap.ts of @sluice/core has it, step by step.
#include "heap.h"

namespace sluice {
namespace {

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

// Puts an entry into the hole at `index`, moving worse children up.
void sift_down(Heap* heap, size_t index, double distance, uint32_t row) {
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

// Whether an entry is better than the worst one of a heap of k.
bool is_better(const Heap& heap, double distance, uint32_t row) {
  // SAFETY: count == k >= 1.
  const double worst = heap.distances[0];
  return distance < worst || (distance == worst && row < heap.rows[0]);
}

}  // namespace

void offer(Heap* heap, double distance, uint32_t row) {
  if (distance > heap->distance_max) return;
  if (heap->count < heap->k) {
    sift_up(heap, distance, row);
    heap->count += 1;
    return;
  }
  if (is_better(*heap, distance, row)) sift_down(heap, 0, distance, row);
}

void offer_again(Heap* heap, double distance, uint32_t row) {
  if (heap->count == heap->k && !is_better(*heap, distance, row)) return;
  // SAFETY: there are `count` rows and distances.
  for (size_t i = 0; i < heap->count; i++) {
    if (heap->rows[i] != row) continue;
    if (distance < heap->distances[i]) sift_down(heap, i, distance, row);
    return;
  }
  offer(heap, distance, row);
}

}  // namespace sluice

#include "list-order.h"

#include <algorithm>
#include <cstring>

#include "../assign/key-search.h"

namespace sluice {
namespace {

// `collect` writes up to this many places more than it finds.
constexpr size_t kPlacesSpare = 16;

// Nearest lists that are scanned in their order, so that the first rows are good ones.
constexpr size_t kOrdered = 8;

// Centroids that are fetched before they are due.
constexpr size_t kCentroidsAhead = 3;

size_t in_runs(size_t count) { return (count + kKeyRun - 1) / kKeyRun * kKeyRun; }

// A key above a list's number, to be compared as one.
uint64_t entry_of(int32_t key, uint32_t list) {
  const uint32_t unsigned_key = static_cast<uint32_t>(key) ^ 0x80000000u;
  return static_cast<uint64_t>(unsigned_key) << 32 | list;
}

// SAFETY: prefetching what is not there does nothing. Always inline: GCC takes a function that only
// prefetches for one without effect, and drops its calls.
__attribute__((always_inline)) inline void fetch(const float* numbers, size_t count) {
  const char* bytes = reinterpret_cast<const char*>(numbers);
  for (size_t i = 0; i < count * sizeof(float); i += kLineBytes) __builtin_prefetch(bytes + i);
}

}  // namespace

size_t ListOrder::room(size_t list_count) {
  const size_t length = in_runs(list_count);
  return length * (sizeof(uint64_t) + sizeof(float) + sizeof(int32_t)) +
         (length + kPlacesSpare) * sizeof(uint32_t);
}

ListOrder::ListOrder(const AssignKernels& kernels, const ListSearch& search, size_t near,
                     void* memory)
    : kernels_(kernels),
      search_(search),
      near_(near),
      list_count_(search.lists.extents.count),
      length_(in_runs(list_count_)) {
  // SAFETY: the parts are those that `room` adds up, each aligned as the one before.
  order_ = static_cast<uint64_t*>(memory);
  estimates_ = reinterpret_cast<float*>(order_ + length_);
  keys_ = reinterpret_cast<int32_t*>(estimates_ + length_);
  places_ = reinterpret_cast<uint32_t*>(keys_ + length_);
}

void ListOrder::rank(const RankedQuery& query, size_t wanted) {
  u_ = query.u;
  estimate(query);
  select();
  measure();
  order_nearest(wanted);
}

void ListOrder::estimate(const RankedQuery& query) {
  const size_t block_count = (list_count_ + kBlockRows - 1) / kBlockRows;
  const SumScale scale = {query.terms.scale, query.terms.bias};
  // SAFETY: there are blocks for all lists, and estimates_ has room for whole runs of them.
  kernels_.scans.estimates(query.tables, search_.space.code_dimension, search_.lists.blocks,
                           block_count, scale, estimates_);
  for (size_t i = block_count * kBlockRows; i < length_; i++) estimates_[i] = 0.0f;
}

// The `near` lists with the best estimates, in the order of their numbers.
void ListOrder::select() {
  alignas(64) int32_t minima[kKeyRun];
  kernels_.assign.keys(estimates_, list_count_, keys_, minima);
  const int32_t least = *std::min_element(minima, minima + kKeyRun);
  // Each minimum is a key, or kNoKey where there are fewer lists.
  const int32_t high =
      near_ <= kKeyRun && near_ < list_count_
          ? std::min(kInfiniteKey, *std::max_element(minima, minima + kKeyRun))
          : kInfiniteKey;
  const size_t enough = near_ + near_ / 4;
  const int32_t limit =
      near_ == list_count_
          ? kInfiniteKey
          : find_limit(kernels_.assign, {keys_, length_, near_, enough}, least, high);
  const size_t found = kernels_.assign.collect(keys_, length_, limit, places_);
  // SAFETY: found <= list_count, and at least near_ keys are not above the limit.
  for (size_t i = 0; i < found; i++) order_[i] = entry_of(keys_[places_[i]], places_[i]);
  if (found > near_) std::nth_element(order_, order_ + near_ - 1, order_ + found);
  last_ = *std::max_element(order_, order_ + near_);
}

// Takes the distances of the lists that were selected.
void ListOrder::measure() {
  const size_t elements = search_.space.elements;
  const float* const centroids = search_.lists.centroids;
  // SAFETY: lists are below list_count, for each of which there is a centroid.
  for (size_t i = 0; i < near_; i++) {
    const size_t ahead = std::min(i + kCentroidsAhead, near_ - 1);
    fetch(centroids + list(ahead) * elements, elements);
    order_[i] = entry_of(key_of(measured(list(i))), list(i));
  }
}

float ListOrder::measured(uint32_t list) const {
  const size_t elements = search_.space.elements;
  // SAFETY: list is below list_count, for each of which there is a centroid.
  const float* const centroid = search_.lists.centroids + list * elements;
  return kernels_.encode.squared_distance(u_, centroid, elements);
}

float ListOrder::distance(size_t place) const {
  // Of those that were selected it is known; their keys say it.
  const int32_t key = place < near_ ? static_cast<int32_t>(order_[place] >> 32 ^ 0x80000000u)
                                    : key_of(measured(list(place)));
  return value_of(key);
}

// Most of those that are wanted need no order: they are all scanned.
void ListOrder::order_nearest(size_t wanted) {
  const size_t first = std::min(kOrdered, wanted);
  if (wanted < near_) std::nth_element(order_, order_ + wanted, order_ + near_);
  if (first < wanted) std::nth_element(order_, order_ + first, order_ + wanted);
  std::sort(order_, order_ + first);
  count_ = wanted;
}

void ListOrder::rank_others() {
  const size_t wanted = count_;
  count_ = near_;
  // SAFETY: `near_` lists are not after `last_`, and all others are: there is room for all.
  for (size_t i = 0; i < list_count_; i++) {
    const uint64_t entry = entry_of(keys_[i], static_cast<uint32_t>(i));
    if (entry > last_) order_[count_++] = entry;
  }
  std::sort(order_ + wanted, order_ + near_);
  std::sort(order_ + near_, order_ + count_);
}

}  // namespace sluice

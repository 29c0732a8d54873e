#include "list-order.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "../assign/key-search.h"

namespace sluice {
namespace {

// `collect` writes up to this many places more than it finds.
constexpr size_t kPlacesSpare = 16;

// Nearest lists that are scanned in their order, so that the first rows are good ones.
constexpr size_t kOrdered = 8;

// Lists with the best estimates, which say how far away near is.
constexpr size_t kFirst = 24;
// Near is between the least distance of these and that of this one, in order.
constexpr size_t kTenth = 10;
constexpr double kLeastShare = 0.3;
constexpr double kTenthShare = 0.7;

// Beside a quarter more lists than may be scanned so many are looked at.
constexpr size_t kSpareLists = 8;

// Centroids that are fetched before they are due.
constexpr size_t kCentroidsAhead = 3;

size_t in_runs(size_t count) { return (count + kKeyRun - 1) / kKeyRun * kKeyRun; }

// A key above a list's number, to be compared as one.
uint64_t entry_of(int32_t key, uint32_t list) {
  const uint32_t unsigned_key = static_cast<uint32_t>(key) ^ 0x80000000u;
  return static_cast<uint64_t>(unsigned_key) << 32 | list;
}

int32_t key_in(uint64_t entry) { return static_cast<int32_t>(entry >> 32 ^ 0x80000000u); }

// The key of the largest float that is at most `limit`; below all keys where there is none.
int32_t key_at_most(double limit) {
  if (limit != limit) return INT32_MIN;
  const float value = static_cast<float>(limit);
  return key_of(value > limit ? std::nextafterf(value, -INFINITY) : value);
}

// The key that the lists within reach do not exceed, from entries of the first ones.
int32_t limit_of(const uint64_t* first, size_t count, double reach) {
  if (count == 0) return INT32_MIN;
  uint64_t entries[kFirst];
  std::copy(first, first + count, entries);
  const size_t tenth = std::min(kTenth, count) - 1;
  std::nth_element(entries, entries + tenth, entries + count);
  const float least = value_of(key_in(*std::min_element(entries, entries + tenth + 1)));
  const float other = value_of(key_in(entries[tenth]));
  return key_at_most(kLeastShare * least + kTenthShare * other + reach);
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

ListOrder::ListOrder(const AssignKernels& kernels, const ListSearch& search, void* memory)
    : kernels_(kernels),
      search_(search),
      list_count_(search.lists.extents.count),
      length_(in_runs(list_count_)) {
  // SAFETY: the parts are those that `room` adds up, each aligned as the one before.
  order_ = static_cast<uint64_t*>(memory);
  estimates_ = reinterpret_cast<float*>(order_ + length_);
  keys_ = reinterpret_cast<int32_t*>(estimates_ + length_);
  places_ = reinterpret_cast<uint32_t*>(keys_ + length_);
}

void ListOrder::rank(const RankedQuery& query) {
  u_ = query.u;
  estimate(query);
  const size_t first = std::min(kFirst, list_count_);
  find_near(first);
  measure();
  const int32_t limit = limit_of(order_, first, search_.reach);
  const auto is_in_reach = [limit](uint64_t entry) { return key_in(entry) <= limit; };
  const size_t in_reach = std::partition(order_, order_ + near_, is_in_reach) - order_;
  order_nearest(in_reach, std::min(std::max(in_reach, size_t{1}), std::min(search_.probes, near_)));
}

void ListOrder::estimate(const RankedQuery& query) {
  const size_t block_count = (list_count_ + kBlockRows - 1) / kBlockRows;
  const SumScale scale = {query.terms.scale, query.terms.bias};
  // SAFETY: there are blocks for all lists, and estimates_ has room for whole runs of them.
  kernels_.scans.estimates(query.tables, search_.space.code_dimension, search_.lists.blocks,
                           block_count, scale, estimates_);
  for (size_t i = block_count * kBlockRows; i < length_; i++) estimates_[i] = 0.0f;
}

// The lists with the best estimates: so many `first` ones, in front, and those within reach.
void ListOrder::find_near(size_t first) {
  alignas(64) int32_t minima[kKeyRun];
  kernels_.assign.keys(estimates_, list_count_, keys_, minima);
  const int32_t least = *std::min_element(minima, minima + kKeyRun);
  const auto limit_for = [&](size_t wanted, int32_t high) {
    return find_limit(kernels_.assign, {keys_, length_, wanted, wanted + wanted / 4}, least, high);
  };
  collect_best(first, first == list_count_ ? kInfiniteKey : limit_for(first, kInfiniteKey));
  const int32_t limit = limit_of(order_, first, search_.reach);
  const size_t in_reach = kernels_.assign.count(keys_, length_, limit);
  const size_t near_max = std::max(kFirst, search_.probes + search_.probes / 4 + kSpareLists);
  near_ = std::min({std::max(in_reach, first), near_max, list_count_});
  if (near_ > first) {
    collect_best(near_, in_reach > near_ ? limit_for(near_, limit) : limit);
    std::nth_element(order_, order_ + first - 1, order_ + near_);
  }
  last_ = *std::max_element(order_, order_ + near_);
}

// The `wanted` lists with the best estimates, of those that do not exceed a limit: no fewer.
void ListOrder::collect_best(size_t wanted, int32_t limit) {
  const size_t found = kernels_.assign.collect(keys_, length_, limit, places_);
  // SAFETY: found <= list_count.
  for (size_t i = 0; i < found; i++) order_[i] = entry_of(keys_[places_[i]], places_[i]);
  if (found > wanted) std::nth_element(order_, order_ + wanted - 1, order_ + found);
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
  const int32_t key = place < near_ ? key_in(order_[place]) : key_of(measured(list(place)));
  return value_of(key);
}

// Most of those that are wanted need no order: they are all scanned. The first `apart` are nearer
// than all others.
void ListOrder::order_nearest(size_t apart, size_t wanted) {
  const size_t first = std::min(kOrdered, wanted);
  if (wanted != apart && wanted < near_) std::nth_element(order_, order_ + wanted, order_ + near_);
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

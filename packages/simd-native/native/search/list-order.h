// Lists in the order in which a query visits them: docs/codes.md has the estimates and distances.
#ifndef SLUICE_LIST_ORDER_H
#define SLUICE_LIST_ORDER_H

#include "../assign/assign.h"
#include "search.h"

namespace sluice {

// What is ranked: the tables and terms of a query, and its u.
struct RankedQuery {
  const uint8_t* tables;
  const Terms& terms;
  const float* u;
};

// Lists by the squared distance of their centroids, ties to the lower number, as far as it is taken
// (docs/codes.md, "Which lists"). The others follow by their estimates once they are asked for.
class ListOrder {
 public:
  // Bytes of memory that an order of so many lists takes.
  static size_t room(size_t list_count);

  // `memory` has `room` bytes and starts at a multiple of 64.
  ListOrder(const AssignKernels& kernels, const ListSearch& search, void* memory);

  // Finds the lists to be scanned, of one list at least. Only the first few of them are in order.
  void rank(const RankedQuery& query);

  // How many lists were found so far.
  size_t count() const { return count_; }
  uint32_t list(size_t place) const { return static_cast<uint32_t>(order_[place]); }
  // The squared distance of its centroid; not NaN.
  float distance(size_t place) const;

  // Puts all lists in order that come after those.
  void rank_others();

 private:
  void estimate(const RankedQuery& query);
  void find_near(size_t first);
  void collect_best(size_t wanted, int32_t limit);
  void measure();
  float measured(uint32_t list) const;
  void order_nearest(size_t apart, size_t wanted);

  const AssignKernels& kernels_;
  const ListSearch& search_;
  // How many lists have a distance.
  size_t near_ = 0;
  size_t list_count_;
  // That of the query; set when it is ranked.
  const float* u_ = nullptr;
  // list_count in whole runs of keys.
  size_t length_;
  float* estimates_;
  int32_t* keys_;
  uint32_t* places_;
  // What is compared in the upper half, the list in the lower one.
  uint64_t* order_;
  size_t count_ = 0;
  // The key and list of the last one whose distance was taken, as in order_.
  uint64_t last_ = 0;
};

}  // namespace sluice

#endif

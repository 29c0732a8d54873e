#include "search.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "../scratch.h"
#include "list-order.h"
#include "scanner.h"

namespace sluice {
namespace {

// A query made ready for codes.
struct CodedQuery {
  CentredRow row;
  alignas(64) uint8_t tables[4 * kCodeDimensionMax];
  Terms terms;
};

void read_coded(const EncodeSteps& steps, const ListSearch& search, CodedQuery* out) {
  steps.centre(search.space, search.query, &out->row);
  out->terms = build_tables(steps, search.space, &out->row, out->tables);
}

// Memory that is as large as the index says; null when there is none.
class Memory {
 public:
  explicit Memory(size_t length) : start_(std::malloc(length + kLineBytes)) {}
  ~Memory() { std::free(start_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  uint8_t* aligned() const {
    const uintptr_t address = reinterpret_cast<uintptr_t>(start_);
    return start_ == nullptr ? nullptr
                             : static_cast<uint8_t*>(start_) + (kLineBytes - address % kLineBytes);
  }

 private:
  void* start_;
};

// How far float32 may be off, of what distances are the small difference of.
constexpr float kSlack = 0x1p-20f;

// What bounds leave out and what errors count, by what codes are centred on: docs/codes.md, "A
// query and a list".
class Centres {
 public:
  Centres(const EncodeSteps& steps, const ListSearch& search, const CodedQuery& query)
      : search_(search), terms_(query.terms) {
    const Metric metric = search.space.metric;
    const float sixteenths = static_cast<float>(search.space.code_dimension) / 16.0f;
    rounding_ = terms_.scale * terms_.scale * sixteenths;
    is_angular_ = metric == Metric::kCosine || metric == Metric::kDot;
    if (!is_angular_) return;
    squared_length_ = steps.inner_product(query.row.u, query.row.u, search.space.elements);
    base_ = (metric == Metric::kCosine ? 1.0f : 0.0f) - 0.5f * squared_length_;
  }

  // Fills in the rest of an extent whose codes are centred on the mean.
  void centre_on_mean(Extent* extent) const {
    const float norm = terms_.norm;
    weigh(terms_.constant, norm * norm, search_.tail_eps * static_cast<double>(norm), extent);
  }

  // The same where they are centred on a centroid, so far from the query when squared.
  void centre_on_centroid(float squared, Extent* extent) const {
    const float constant = is_angular_ ? base_ + 0.5f * squared : squared;
    const float norm = std::sqrt(squared + rounding_);
    weigh(constant, squared, search_.eps * static_cast<double>(norm), extent);
  }

 private:
  // `squared` is how far the centre is from the query. Without a constant, or tables, there are no
  // bounds.
  void weigh(float exact, float squared, double weight, Extent* extent) const {
    const float constant = exact - (squared_length_ + squared) * kSlack;
    const bool is_blind = !std::isfinite(constant) || std::isinf(terms_.norm);
    extent->constant = constant;
    extent->weight = is_blind ? INFINITY : static_cast<float>(weight);
  }

  const ListSearch& search_;
  const Terms& terms_;
  bool is_angular_;
  // That of the query where it is angular; else distances are differences of nothing larger.
  float squared_length_ = 0.0f;
  // The part of the constant that is the same for all lists, where it is angular.
  float base_ = 0.0f;
  // What the rounding of tables adds to the squared distance from a centroid.
  float rounding_ = 0.0f;
};

// A list by its place in the order.
bool find_list(const ListSearch& search, const ListOrder& order, const Centres& centres,
               size_t place, Extent* out) {
  const ExtentTable& table = search.lists.extents;
  if (!table.find(table.context, order.list(place), out)) return false;
  centres.centre_on_centroid(order.distance(place), out);
  return true;
}

// The extents of the lists to be scanned, and then those of the tail.
bool find_extents(const ListSearch& search, const ListOrder& order, const Centres& centres,
                  Extent* out) {
  const size_t probes = order.count();
  for (size_t i = 0; i < probes; i++) {
    if (!find_list(search, order, centres, i, out + i)) return false;
  }
  for (size_t i = 0; i < search.tail.count; i++) {
    Extent* const extent = out + probes + i;
    if (!search.tail.find(search.tail.context, i, extent)) return false;
    centres.centre_on_mean(extent);
  }
  return true;
}

// Scans lists in their order as long as too few rows were found.
bool scan_further(const ListSearch& search, const Centres& centres, const Heap& heap,
                  ListOrder* order, Scanner* scanner, SearchOutcome* outcome) {
  const size_t list_count = search.lists.extents.count;
  for (size_t place = outcome->lists; place < list_count && heap.count < heap.k; place++) {
    if (place == order->count()) order->rank_others();
    Extent extent;
    if (!find_list(search, *order, centres, place, &extent)) return false;
    scanner->scan(&extent, 1);
    scanner->settle();
    outcome->lists++;
  }
  return true;
}

// Gives how many rows it compares.
uint64_t compare_loose(const ListSearch& search, Reranker* reranker) {
  uint64_t count = 0;
  for (size_t row = search.loose_from; row < search.rows.row_count; row++) {
    const uint8_t* const bytes = reranker->find(static_cast<uint32_t>(row));
    if (bytes == nullptr) continue;
    count++;
    reranker->add(bytes, static_cast<uint32_t>(row), -INFINITY);
  }
  reranker->flush();
  return count;
}

}  // namespace

SearchEnd search_lists(const Kernels& kernels, const ListSearch& search, Heap* heap,
                           SearchOutcome* outcome) {
  const AssignKernels steps = {*kernels.encode, *kernels.code_scans, *kernels.assign};
  const size_t probes_max = std::min(search.probes, search.lists.extents.count);
  const size_t seen_at = Scanner::room(heap->k);
  const size_t order_at = seen_at + RowSet::room(heap->k);
  const size_t extents_at = order_at + ListOrder::room(search.lists.extents.count);
  const Memory memory(extents_at + (probes_max + search.tail.count) * sizeof(Extent));
  const Scratch<CodedQuery> scratch;
  uint8_t* const start = memory.aligned();
  if (start == nullptr || scratch.get() == nullptr) return SearchEnd::kNoMemory;
  // SAFETY: each room is a multiple of 64 bytes, as the address is.
  Extent* const extents = reinterpret_cast<Extent*>(start + extents_at);
  CodedQuery& coded = *scratch.get();
  read_coded(*kernels.encode, search, &coded);
  ListOrder order(steps, search, start + order_at);
  if (search.lists.extents.count > 0) order.rank({coded.tables, coded.terms, coded.row.u});
  const size_t probes = order.count();
  const Centres centres(*kernels.encode, search, coded);
  if (!find_extents(search, order, centres, extents)) return SearchEnd::kBadExtent;

  PreparedQuery query;
  describe_query(&kernels, search.space.dtype, search.space.metric, search.dimension, &query);
  read_query(search.query, &query);
  RowSet seen(heap->k, start + seen_at);
  Reranker reranker(query, search.rows, &seen, heap);
  Scanner scanner(steps, coded.tables, search.space.code_dimension,
                  {coded.terms.scale, coded.terms.bias}, heap->k, &reranker, start);
  *outcome = {probes, 0, 0, false};
  scanner.scan(extents, probes);
  if (probes > 0) scanner.settle();
  const bool found = scan_further(search, centres, *heap, &order, &scanner, outcome);
  if (found) {
    scanner.scan(extents + probes, search.tail.count);
    scanner.settle();
    outcome->compared = compare_loose(search, &reranker);
  }
  outcome->scanned = scanner.scanned();
  outcome->compared += scanner.compared();
  outcome->keys_are_distances = reranker.keys_are_distances();
  return found ? SearchEnd::kDone : SearchEnd::kBadExtent;
}

}  // namespace sluice

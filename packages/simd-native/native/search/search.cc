#include "search.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "../scratch.h"
#include "list-order.h"
#include "scanner.h"

namespace sluice {
namespace {

// Lists whose exact distances are taken, for so many to be scanned: ordering by estimates alone
// loses one to three points of recall.
constexpr size_t kSpareLists = 8;

size_t count_near(const ListSearch& search) {
  const size_t wanted = search.probes + search.probes / 2 + kSpareLists;
  return std::min(search.lists.extents.count, wanted);
}

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

bool find_all(const ExtentTable& table, Extent* out) {
  for (size_t i = 0; i < table.count; i++) {
    if (!table.find(table.context, i, out + i)) return false;
  }
  return true;
}

// Scans lists in their order as long as too few rows were found.
bool scan_further(const ListSearch& search, size_t from, ListOrder* order, const Heap& heap,
                  Scanner* scanner, SearchCost* cost) {
  const ExtentTable& table = search.lists.extents;
  for (size_t place = from; place < table.count && heap.count < heap.k; place++) {
    if (place == order->count()) order->rank_others();
    Extent extent;
    if (!table.find(table.context, order->list(place), &extent)) return false;
    scanner->scan(&extent, 1);
    scanner->settle();
    cost->lists++;
  }
  return true;
}

void compare_loose(const ListSearch& search, Reranker* reranker) {
  for (size_t row = search.loose_from; row < search.rows.row_count; row++) {
    const uint8_t* const bytes = reranker->find(static_cast<uint32_t>(row));
    if (bytes != nullptr) reranker->add(bytes, static_cast<uint32_t>(row), -INFINITY);
  }
  reranker->flush();
}

}  // namespace

SearchOutcome search_lists(const Kernels& kernels, const ListSearch& search, Heap* heap,
                           SearchCost* cost) {
  const AssignKernels steps = {*kernels.encode, *kernels.code_scans, *kernels.assign};
  const size_t near = count_near(search);
  const size_t probes = std::min(search.probes, near);
  const size_t seen_at = Scanner::room(heap->k);
  const size_t order_at = seen_at + RowSet::room(heap->k);
  const size_t extents_at = order_at + ListOrder::room(search.lists.extents.count);
  const Memory memory(extents_at + (probes + search.tail.count) * sizeof(Extent));
  const Scratch<CodedQuery> scratch;
  uint8_t* const start = memory.aligned();
  if (start == nullptr || scratch.get() == nullptr) return SearchOutcome::kNoMemory;
  // SAFETY: each room is a multiple of 64 bytes, as the address is.
  Extent* const extents = reinterpret_cast<Extent*>(start + extents_at);
  Extent* const tail = extents + probes;
  CodedQuery& coded = *scratch.get();
  read_coded(*kernels.encode, search, &coded);
  ListOrder order(steps, search, near, start + order_at);
  if (near > 0) order.rank({coded.tables, coded.terms, coded.row.u}, probes);
  const ExtentTable& table = search.lists.extents;
  for (size_t i = 0; i < probes; i++) {
    if (!table.find(table.context, order.list(i), extents + i)) return SearchOutcome::kBadExtent;
  }
  if (!find_all(search.tail, tail)) return SearchOutcome::kBadExtent;

  PreparedQuery query;
  describe_query(&kernels, search.space.dtype, search.space.metric, search.dimension, &query);
  read_query(search.query, &query);
  // Without a constant there are no bounds.
  const float weight =
      std::isfinite(coded.terms.constant)
          ? static_cast<float>(search.eps * static_cast<double>(coded.terms.norm))
          : INFINITY;
  RowSet seen(heap->k, start + seen_at);
  Reranker reranker(query, search.rows, coded.terms.constant, &seen, heap);
  Scanner scanner(steps, coded.tables, search.space.code_dimension,
                  {coded.terms.scale, coded.terms.bias, weight, 0.0f}, heap->k, &reranker, start);
  *cost = {probes, 0, 0};
  scanner.scan(extents, probes);
  if (probes > 0) scanner.settle();
  const bool found = scan_further(search, probes, &order, *heap, &scanner, cost);
  if (found) {
    scanner.scan(tail, search.tail.count);
    scanner.settle();
    compare_loose(search, &reranker);
  }
  cost->scanned = scanner.scanned();
  cost->compared = reranker.compared();
  return found ? SearchOutcome::kDone : SearchOutcome::kBadExtent;
}

}  // namespace sluice

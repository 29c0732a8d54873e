// Rows in batches through the kernels, which ask for later rows while they read: of a run, of a
// list of row numbers, or of what a mask lets through. The hardware sees a run coming, but stops at
// the end of every page; of chosen rows it sees nothing.
#include "scan.h"

#include <cstring>

#include "heap.h"

namespace sluice {
namespace {

// Rows are asked for so many bytes before they are due. Float32 rows of 1,536 bytes from memory,
// cosine, on Zen 5: 31 GB/s without, 33 with 3 KiB, 36 with 4 KiB, 38 with 6 KiB, and with 12 KiB
// as fast as a loop that only reads, 40. Beyond 16 KiB it gets slower: a first-level cache has 32.
constexpr size_t kAheadBytes = 12 * 1024;

// Of each row at the head of a list, this much: more requests would wait for each other.
constexpr size_t kHeadBytesMax = 1024;

// Row numbers found in a mask, of which at most so many are not yet due.
constexpr size_t kListRows = 512;
constexpr size_t kListAheadMax = 128;

size_t least(size_t a, size_t b) { return a < b ? a : b; }

// How many rows ahead kAheadBytes are.
size_t rows_ahead(size_t stride) { return kAheadBytes / stride + 1; }

// Some numbers of rows.
struct List {
  const uint32_t* ids;
  size_t count;
};

// Up to kBatchRows rows of a run that ends before row `to`.
void next_of_run(const PreparedQuery& query, const Rows& rows, size_t row, size_t to,
                 Batch* batch) {
  const size_t stride = query.stride;
  const size_t ahead = rows_ahead(stride);
  batch->count = least(to - row, kBatchRows);
  // SAFETY: row + i < to <= rows.count, and no row past the last one is asked for.
  for (size_t i = 0; i < batch->count; i++) {
    batch->rows[i] = rows.bytes + (row + i) * stride;
    batch->ahead[i] = rows.bytes + least(row + i + ahead, rows.count - 1) * stride;
  }
}

// Up to kBatchRows rows of a list, from an index on and before `end`.
void next_of_list(const PreparedQuery& query, const Rows& rows, const List& list, size_t index,
                  size_t end, Batch* batch) {
  const size_t stride = query.stride;
  const size_t ahead = rows_ahead(stride);
  batch->count = least(end - index, kBatchRows);
  // SAFETY: index + i < end <= list.count, and rows.count > 0. Every id was below rows.count when
  // it was checked, but another thread may write to shared memory: each is read once, and bounded.
  for (size_t i = 0; i < batch->count; i++) {
    const size_t id = __atomic_load_n(&list.ids[index + i], __ATOMIC_RELAXED);
    batch->rows[i] = rows.bytes + least(id, rows.count - 1) * stride;
    // Only asked for: it need not be right.
    batch->ahead[i] = rows.bytes + list.ids[least(index + i + ahead, list.count - 1)] * stride;
  }
}

// Asks for the rows at the head of a list, before which no others are read. Always inline: GCC
// takes a function that only prefetches for one without effect, and drops its calls.
__attribute__((always_inline)) inline void ask_for_head(const PreparedQuery& query,
                                                        const Rows& rows, const List& list) {
  const size_t count = least(rows_ahead(query.stride), list.count);
  const size_t length = least(query.stride, kHeadBytesMax);
  // SAFETY: i < list.count, at is within the row, and a prefetch never faults.
  for (size_t i = 0; i < count; i++) {
    const uint8_t* row = rows.bytes + list.ids[i] * query.stride;
    for (size_t at = 0; at < length; at += kLineBytes) __builtin_prefetch(row + at);
  }
}

// The rows of a range that its mask lets through, in order: a window over their numbers.
class Competitors {
 public:
  explicit Competitors(const Range& range) : range_(range), row_(range.from) {}

  // Drops the first `count` and finds more, as long as there are any.
  void advance(size_t count) {
    count_ -= count;
    std::memmove(ids_, ids_ + count, count_ * sizeof(ids_[0]));
    // SAFETY: a word adds at most 32 ids; row < to, and the mask has a bit for every row below to.
    while (row_ < range_.to && count_ + 32 <= kListRows) {
      const size_t base = row_ / 32 * 32;
      uint32_t bits = range_.mask[row_ / 32] & (~uint32_t{0} << (row_ % 32));
      if (range_.to - base < 32) bits &= (uint32_t{1} << (range_.to - base)) - 1;
      for (; bits != 0; bits &= bits - 1) {
        ids_[count_++] = static_cast<uint32_t>(base) + static_cast<uint32_t>(__builtin_ctz(bits));
      }
      row_ = base + 32;
    }
  }

  List list() const { return {ids_, count_}; }
  bool is_last() const { return row_ >= range_.to; }

 private:
  const Range& range_;
  size_t row_;
  uint32_t ids_[kListRows];
  size_t count_ = 0;
};

void scan_masked(const PreparedQuery& query, const Rows& rows, const Range& range, Heap* heap) {
  const size_t ahead = least(rows_ahead(query.stride), kListAheadMax);
  Competitors competitors(range);
  Batch batch;
  double distances[kBatchRows];
  competitors.advance(0);
  ask_for_head(query, rows, competitors.list());
  for (;;) {
    const List list = competitors.list();
    const size_t end = competitors.is_last() ? list.count : list.count - ahead;
    for (size_t index = 0; index < end; index += kBatchRows) {
      next_of_list(query, rows, list, index, end, &batch);
      row_distances(query, batch, distances);
      for (size_t i = 0; i < batch.count; i++) {
        offer(heap, distances[i], static_cast<uint32_t>(range.row_base + list.ids[index + i]));
      }
    }
    if (competitors.is_last()) return;
    competitors.advance(end);
  }
}

}  // namespace

void scan_chosen(const PreparedQuery& query, const Rows& rows, const uint32_t* ids, size_t count,
                 double* out) {
  const List list = {ids, count};
  Batch batch;
  ask_for_head(query, rows, list);
  for (size_t index = 0; index < count; index += kBatchRows) {
    next_of_list(query, rows, list, index, count, &batch);
    // SAFETY: index + batch.count <= count.
    row_distances(query, batch, out + index);
  }
}

void scan_run(const PreparedQuery& query, const Rows& rows, size_t from, size_t count,
              double* out) {
  Batch batch;
  for (size_t at = 0; at < count; at += kBatchRows) {
    next_of_run(query, rows, from + at, from + count, &batch);
    // SAFETY: at + batch.count <= count.
    row_distances(query, batch, out + at);
  }
}

void scan_nearest(const PreparedQuery& query, const Rows& rows, const Range& range, Heap* heap) {
  if (range.mask != nullptr) {
    scan_masked(query, rows, range, heap);
    return;
  }
  Batch batch;
  double distances[kBatchRows];
  for (size_t row = range.from; row < range.to; row += kBatchRows) {
    next_of_run(query, rows, row, range.to, &batch);
    row_distances(query, batch, distances);
    for (size_t i = 0; i < batch.count; i++) {
      offer(heap, distances[i], static_cast<uint32_t>(range.row_base + row + i));
    }
  }
}

}  // namespace sluice

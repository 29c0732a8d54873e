// Rows in batches through the kernels. The hardware sees long rows of a run coming, but not short
// ones, which go by too fast, nor chosen ones: those are asked for ahead.
#include "scan.h"

#include "heap.h"

namespace sluice {
namespace {

constexpr size_t kLineBytes = 64;
// Rows of a run shorter than this are asked for ahead: up to six times faster from memory on Zen 5
// (bit), where asking for longer ones costs a tenth.
constexpr size_t kShortRowBytes = 1024;
constexpr size_t kAheadBytes = 8192;
// Bytes of a batch of such rows, asked for in one go: more would have to wait for each other.
constexpr size_t kBatchBytes = 4096;
// Of a chosen row, ask for this much; then the hardware has seen the stream.
constexpr size_t kPrefetchBytesMax = 1024;
// Chosen rows in a batch: few enough that a batch asked for is still in the cache when it is due.
constexpr size_t kChosenRows = 4;

// Row numbers of a batch and where these rows are.
struct Batch {
  const uint8_t* rows[kBatchRows];
  uint32_t ids[kBatchRows];
  size_t count;
};

void prefetch(const uint8_t* bytes, size_t length) {
  // SAFETY: at < length, which the caller has; a prefetch never faults anyway.
  for (size_t at = 0; at < length; at += kLineBytes) __builtin_prefetch(bytes + at);
}

void prefetch_chosen(const Batch& batch, size_t stride) {
  const size_t length = stride < kPrefetchBytesMax ? stride : kPrefetchBytesMax;
  for (size_t i = 0; i < batch.count; i++) prefetch(batch.rows[i], length);
}

size_t rows_per_batch(size_t stride) {
  const size_t rows = kBatchBytes / stride;
  return rows > kBatchRows ? kBatchRows : rows < kChosenRows ? kChosenRows : rows;
}

// The batch before which kAheadBytes have been asked for, in a run that ends before row `to`.
void prefetch_run(const PreparedQuery& query, const Rows& rows, size_t row, size_t to) {
  if (query.stride >= kShortRowBytes) return;
  const size_t start = row * query.stride + kAheadBytes;
  const size_t end = to * query.stride;
  if (start >= end) return;
  const size_t wanted = rows_per_batch(query.stride) * query.stride;
  prefetch(rows.bytes + start, wanted < end - start ? wanted : end - start);
}

// The rows of a range that its mask lets through, in order.
class Competitors {
 public:
  Competitors(const Rows& rows, size_t stride, const Range& range)
      : rows_(rows), stride_(stride), range_(range), row_(range.from) {}

  // At most kChosenRows more.
  void next(Batch* batch) {
    batch->count = 0;
    // SAFETY: row < to <= rows.count, and the mask has a bit for every row below to.
    while (row_ < range_.to && batch->count < kChosenRows) {
      const uint32_t bits = range_.mask[row_ / 32] >> (row_ % 32);
      if (bits == 0) {
        row_ = (row_ / 32 + 1) * 32;
        continue;
      }
      row_ += static_cast<size_t>(__builtin_ctz(bits));
      if (row_ >= range_.to) return;
      batch->ids[batch->count] = static_cast<uint32_t>(row_);
      batch->rows[batch->count++] = rows_.bytes + row_ * stride_;
      row_ += 1;
    }
  }

 private:
  const Rows& rows_;
  const size_t stride_;
  const Range& range_;
  size_t row_;
};

// Up to kBatchRows rows of a run.
void next_of_run(const PreparedQuery& query, const Rows& rows, size_t row, Batch* batch) {
  // SAFETY: row + count <= rows.count.
  for (size_t i = 0; i < batch->count; i++) {
    batch->ids[i] = static_cast<uint32_t>(row + i);
    batch->rows[i] = rows.bytes + (row + i) * query.stride;
  }
}

void offer_batch(const PreparedQuery& query, const Batch& batch, size_t row_base, Heap* heap) {
  double distances[kBatchRows];
  row_distances(query, batch.rows, batch.count, distances);
  for (size_t i = 0; i < batch.count; i++) {
    offer(heap, distances[i], static_cast<uint32_t>(row_base + batch.ids[i]));
  }
}

void scan_masked(const PreparedQuery& query, const Rows& rows, const Range& range, Heap* heap) {
  Competitors competitors(rows, query.stride, range);
  Batch batches[2];
  competitors.next(&batches[0]);
  for (size_t turn = 0; batches[turn].count > 0; turn ^= 1) {
    Batch* const following = &batches[turn ^ 1];
    competitors.next(following);
    prefetch_chosen(*following, query.stride);
    offer_batch(query, batches[turn], range.row_base, heap);
  }
}

}  // namespace

void scan_chosen(const PreparedQuery& query, const Rows& rows, const uint32_t* ids, size_t count,
                 double* out) {
  Batch batches[2];
  batches[0].count = 0;
  size_t located = 0;
  // SAFETY: located <= count, done + batch.count <= count, and every id is below rows.count.
  for (size_t turn = 0, done = 0; done < count; turn ^= 1) {
    Batch* const following = &batches[turn ^ 1];
    following->count = count - located < kChosenRows ? count - located : kChosenRows;
    for (size_t i = 0; i < following->count; i++) {
      following->rows[i] = rows.bytes + ids[located + i] * query.stride;
    }
    located += following->count;
    prefetch_chosen(*following, query.stride);
    row_distances(query, batches[turn].rows, batches[turn].count, out + done);
    done += batches[turn].count;
  }
}

void scan_run(const PreparedQuery& query, const Rows& rows, size_t from, size_t count,
              double* out) {
  const size_t batch_rows = rows_per_batch(query.stride);
  Batch batch;
  for (size_t at = 0; at < count; at += batch_rows) {
    prefetch_run(query, rows, from + at, from + count);
    // SAFETY: from + at + batch.count <= rows.count, and at + batch.count <= count.
    batch.count = count - at < batch_rows ? count - at : batch_rows;
    next_of_run(query, rows, from + at, &batch);
    row_distances(query, batch.rows, batch.count, out + at);
  }
}

void scan_nearest(const PreparedQuery& query, const Rows& rows, const Range& range, Heap* heap) {
  if (range.mask != nullptr) {
    scan_masked(query, rows, range, heap);
    return;
  }
  const size_t batch_rows = rows_per_batch(query.stride);
  Batch batch;
  for (size_t row = range.from; row < range.to; row += batch_rows) {
    prefetch_run(query, rows, row, range.to);
    // SAFETY: row + batch.count <= range.to <= rows.count.
    batch.count = range.to - row < batch_rows ? range.to - row : batch_rows;
    next_of_run(query, rows, row, &batch);
    offer_batch(query, batch, range.row_base, heap);
  }
}

}  // namespace sluice

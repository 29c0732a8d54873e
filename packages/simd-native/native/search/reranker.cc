#include "reranker.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "../distance/heap.h"
#include "../scan/code-scan.h"

namespace sluice {
namespace {

// Asked for when a row is added: more requests would wait for each other. The kernel asks for the
// rest while it reads the rows before.
constexpr size_t kHeadBytes = 256;

}  // namespace

Reranker::Reranker(const PreparedQuery& query, const RowTable& rows, float constant, RowSet* seen,
                   Heap* heap)
    : query_(query), rows_(rows), constant_(constant), seen_(seen), heap_(heap) {
  seen_->reset(heap->rows, heap->count);
  find_threshold();
}

const uint8_t* Reranker::find(uint32_t row) const {
  if (row >= rows_.row_count) return nullptr;
  // SAFETY: row < row_count, and the mask has a bit for every such row.
  if (rows_.mask != nullptr && (rows_.mask[row / 32] >> (row % 32) & 1) == 0) return nullptr;
  const uint32_t rows_per_segment = static_cast<uint32_t>(rows_.rows_per_segment);
  const uint8_t* const segment = rows_.segments[row / rows_per_segment];
  return segment == nullptr ? nullptr : segment + row % rows_per_segment * query_.stride;
}

void Reranker::add(const uint8_t* bytes, uint32_t row, float bound) {
  if (!seen_->add(row)) return;
  const size_t length = query_.stride < kHeadBytes ? query_.stride : kHeadBytes;
  for (size_t at = 0; at < length; at += kLineBytes) __builtin_prefetch(bytes + at);
  // SAFETY: count_ < kPendingRows, because a batch is compared before there are as many.
  pending_[count_++] = {bytes, row, bound};
  if (count_ == kPendingRows) compare(kBatchRows);
}

void Reranker::flush() {
  while (count_ > 0) compare(std::min(count_, kBatchRows));
}

// The first of those that are pending. The threshold may have come down since they were added.
void Reranker::compare(size_t count) {
  Batch batch = {0, {}, {}};
  Pending compared[kBatchRows];
  double distances[kBatchRows];
  for (size_t i = 0; i < count; i++) {
    if (pending_[i].bound > threshold_) continue;
    batch.rows[batch.count] = pending_[i].bytes;
    batch.ahead[batch.count] = pending_[std::min(i + kRowsAhead, count_ - 1)].bytes;
    compared[batch.count++] = pending_[i];
  }
  std::copy(pending_ + count, pending_ + count_, pending_);
  count_ -= count;
  // SAFETY: `find` gave the rows, which have `stride` bytes each.
  if (batch.count > 0) row_distances(query_, batch, distances);
  compared_ += batch.count;
  for (size_t i = 0; i < batch.count; i++) {
    offer(heap_, key_of(distances[i], compared[i].bound), compared[i].row);
  }
  find_threshold();
  if (seen_->is_full()) forget();
}

// Rows that are neither in the heap nor pending.
void Reranker::forget() {
  seen_->reset(heap_->rows, heap_->count);
  for (size_t i = 0; i < count_; i++) seen_->add(pending_[i].row);
}

double Reranker::key_of(double distance, float bound) const {
  // Of NaN the comparison is false.
  const double lower = static_cast<double>(bound) + static_cast<double>(constant_);
  return lower > distance ? lower : distance;
}

// A key is rounded to float64: one that is above the worst by less than half a unit of its last
// place is equal to it, and the lower row is better then. With a whole unit more every bound above
// the threshold gives a key above the worst.
void Reranker::find_threshold() {
  const bool is_full = heap_->count == heap_->k;
  const double worst = is_full && heap_->distances[0] < heap_->distance_max
                           ? heap_->distances[0]
                           : heap_->distance_max;
  const double unit = std::fabs(worst) * DBL_EPSILON;
  threshold_ = round_up(worst - static_cast<double>(constant_) + unit);
}

}  // namespace sluice

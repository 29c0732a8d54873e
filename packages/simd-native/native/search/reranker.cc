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

Reranker::Reranker(const PreparedQuery& query, const RowTable& rows, RowSet* seen, Heap* heap)
    : query_(query), rows_(rows), seen_(seen), heap_(heap) {
  seen_->reset(heap->rows, heap->count);
  find_worst();
}

const uint8_t* Reranker::find(uint32_t row) const {
  if (row < rows_.first_row || row >= rows_.row_count) return nullptr;
  const size_t at = row - rows_.first_row;
  // SAFETY: the mask has a bit, and there is a segment, for every row from first_row to
  // row_count - 1.
  if (rows_.mask != nullptr && (rows_.mask[at / 32] >> (at % 32) & 1) == 0) return nullptr;
  const uint32_t rows_per_segment = static_cast<uint32_t>(rows_.rows_per_segment);
  const uint8_t* const segment = rows_.segments[row / rows_per_segment - rows_.first_segment];
  return segment == nullptr ? nullptr : segment + row % rows_per_segment * query_.stride;
}

void Reranker::add(const uint8_t* bytes, uint32_t row, float lower) {
  bool is_new;
  const size_t place = seen_->add(row, &is_new);
  if (!is_new && seen_->is_settled(place)) return;
  const size_t length = query_.stride < kHeadBytes ? query_.stride : kHeadBytes;
  for (size_t at = 0; at < length; at += kLineBytes) __builtin_prefetch(bytes + at);
  // SAFETY: count_ < kPendingRows, because a batch is compared before there are as many.
  pending_[count_++] = {bytes, row, lower, place, !is_new};
  if (count_ == kPendingRows) compare(kBatchRows);
}

void Reranker::flush() {
  while (count_ > 0) compare(std::min(count_, kBatchRows));
}

float Reranker::threshold(float constant) const {
  // A bound and its constant are added in float32: a sum that is rounded down to the worst key is
  // above it by less than half a unit of its last place.
  // One below all floats is infinite, and below any worst key.
  const double worst = std::max(worst_, -static_cast<double>(FLT_MAX));
  const double unit = std::fabs(worst) * static_cast<double>(FLT_EPSILON);
  return round_up(worst + unit - static_cast<double>(constant));
}

bool Reranker::keys_are_distances() {
  bool is_new;
  for (size_t i = 0; i < heap_->count; i++) {
    // All rows of the heap are in the set: none is added.
    if (!seen_->is_settled(seen_->add(heap_->rows[i], &is_new))) return false;
  }
  return true;
}

// The first of those that are pending. The worst key may have come down since they were added.
void Reranker::compare(size_t count) {
  Batch batch = {0, {}, {}};
  Pending compared[kBatchRows];
  double distances[kBatchRows];
  for (size_t i = 0; i < count; i++) {
    if (static_cast<double>(pending_[i].lower) > worst_) continue;
    batch.rows[batch.count] = pending_[i].bytes;
    batch.ahead[batch.count] = pending_[std::min(i + kRowsAhead, count_ - 1)].bytes;
    compared[batch.count++] = pending_[i];
  }
  std::copy(pending_ + count, pending_ + count_, pending_);
  count_ -= count;
  // SAFETY: `find` gave the rows, which have `stride` bytes each.
  if (batch.count > 0) row_distances(query_, batch, distances);
  for (size_t i = 0; i < batch.count; i++) offer_row(compared[i], distances[i]);
  find_worst();
  if (seen_->is_full()) forget();
}

void Reranker::offer_row(const Pending& pending, double distance) {
  const double lower = static_cast<double>(pending.lower);
  // Few rows are not settled at once, and fewer come again: they are looked for in the heap.
  if (!(lower > distance)) seen_->settle(pending.place);
  const double key = lower > distance ? lower : distance;
  if (pending.is_again) {
    offer_again(heap_, key, pending.row);
  } else {
    offer(heap_, key, pending.row);
  }
}

// Rows that are neither in the heap nor pending.
void Reranker::forget() {
  seen_->reset(heap_->rows, heap_->count);
  for (size_t i = 0; i < count_; i++) {
    bool is_new;
    pending_[i].place = seen_->add(pending_[i].row, &is_new);
    pending_[i].is_again = !is_new;
  }
}

void Reranker::find_worst() {
  const bool is_full = heap_->count == heap_->k;
  worst_ = is_full && heap_->distances[0] < heap_->distance_max ? heap_->distances[0]
                                                                : heap_->distance_max;
}

}  // namespace sluice

// Rows that the codes cannot rule out, compared exactly a batch at a time.
#ifndef SLUICE_RERANKER_H
#define SLUICE_RERANKER_H

#include "../distance/query.h"
#include "row-set.h"
#include "search.h"

namespace sluice {

class Reranker {
 public:
  // The heap holds keys (docs/codes.md). `seen` was made for k rows.
  Reranker(const PreparedQuery& query, const RowTable& rows, RowSet* seen, Heap* heap);

  // Where the bytes of a row are; null when it may not compete. Any number will do.
  const uint8_t* find(uint32_t row) const;

  // Lets a row compete, now or with those that follow: again for each entry that it has, until none
  // can change its key. `bytes` are from `find`; its key is `lower` at least, never NaN.
  void add(const uint8_t* bytes, uint32_t row, float lower);

  // Compares all that were added.
  void flush();

  // The worst key with which a row may still enter. Comes down with every batch.
  double worst() const { return worst_; }

  // Of bounds that leave `constant` out: one above this rules an entry out, and one that is not may
  // still do so, by a unit or two.
  float threshold(float constant) const;

  // Whether the key of every row in the heap is its distance, as far as is known. Nothing may be
  // pending.
  bool keys_are_distances();

 private:
  // Rows before it that a row is asked for, in this batch or the one before.
  static constexpr size_t kRowsAhead = 3;
  static constexpr size_t kPendingRows = kBatchRows + kRowsAhead;

  struct Pending {
    const uint8_t* bytes;
    uint32_t row;
    float lower;
    // In seen_.
    size_t place;
    // Whether it may be in the heap.
    bool is_again;
  };

  void compare(size_t count);
  void forget();
  void offer_row(const Pending& pending, double distance);
  void find_worst();

  const PreparedQuery& query_;
  const RowTable& rows_;
  // Has all rows of the heap and those that are pending; others that are in it had a turn. Rows
  // whose key is their distance are settled: no other entry of theirs counts.
  RowSet* const seen_;
  Heap* const heap_;
  Pending pending_[kPendingRows];
  size_t count_ = 0;
  double worst_;
};

}  // namespace sluice

#endif

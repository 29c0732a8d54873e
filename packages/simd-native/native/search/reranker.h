// Rows that the codes cannot rule out, compared exactly a batch at a time.
#ifndef SLUICE_RERANKER_H
#define SLUICE_RERANKER_H

#include "../distance/query.h"
#include "row-set.h"
#include "search.h"

namespace sluice {

class Reranker {
 public:
  // `constant` is what was left out of the bounds; the heap holds keys (docs/codes.md). `seen` was
  // made for k rows.
  Reranker(const PreparedQuery& query, const RowTable& rows, float constant, RowSet* seen,
           Heap* heap);

  // Where the bytes of a row are; null when it may not compete. Any number will do.
  const uint8_t* find(uint32_t row) const;

  // Lets a row compete, now or with those that follow; not a second time. `bytes` are from `find`.
  // A bound of NaN counts as -INFINITY, which says nothing about the row.
  void add(const uint8_t* bytes, uint32_t row, float bound);

  // Compares all that were added.
  void flush();

  // A bound above this rules a row out. Comes down with every batch.
  float threshold() const { return threshold_; }

  uint64_t compared() const { return compared_; }

 private:
  // Rows before it that a row is asked for, in this batch or the one before.
  static constexpr size_t kRowsAhead = 3;
  static constexpr size_t kPendingRows = kBatchRows + kRowsAhead;

  struct Pending {
    const uint8_t* bytes;
    uint32_t row;
    float bound;
  };

  void compare(size_t count);
  void forget();
  double key_of(double distance, float bound) const;
  void find_threshold();

  const PreparedQuery& query_;
  const RowTable& rows_;
  const float constant_;
  // Has all rows of the heap and those that are pending; others that are in it had their turn.
  RowSet* const seen_;
  Heap* const heap_;
  Pending pending_[kPendingRows];
  size_t count_ = 0;
  uint64_t compared_ = 0;
  float threshold_;
};

}  // namespace sluice

#endif

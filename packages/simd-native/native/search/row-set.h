// A set of row numbers in memory of a fixed size, to which about as many may be added as it was
// made for, before it is reset. Rows in it may be marked as settled.
#ifndef SLUICE_ROW_SET_H
#define SLUICE_ROW_SET_H

#include <cstddef>
#include <cstdint>

namespace sluice {

class RowSet {
 public:
  // Bytes of memory of a set that is made for `rows` at once.
  static size_t room(size_t rows);

  // `memory` has `room` bytes. The set is to be reset before its first use.
  RowSet(size_t rows, void* memory);

  // Holds these rows, at most as many as it was made for, and no other. None is settled.
  void reset(const uint32_t* rows, size_t count);

  // The place of a row, good until it is reset. Not for kNoRow.
  size_t add(uint32_t row, bool* is_new);

  bool is_settled(size_t place) const { return settled_[place] != 0; }
  void settle(size_t place) { settled_[place] = 1; }

  // Whether it is time to reset it: there is room for kBatchRows more then, but adding gets slow.
  bool is_full() const { return count_ > capacity_ / 2; }

 private:
  static size_t capacity(size_t rows);

  uint32_t* const slots_;
  const size_t capacity_;
  uint8_t* const settled_;
  size_t count_ = 0;
};

}  // namespace sluice

#endif

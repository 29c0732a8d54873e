// Open addressing with linear probes; slots without a row have kNoRow.
#include "row-set.h"

#include <cstring>

#include "../encode/encode.h"

namespace sluice {
namespace {

// Enough for the rows that most queries compare: 4 KB.
constexpr size_t kSlotsMin = 1024;
constexpr size_t kSlotsPerRow = 4;

// 2^32 divided by the golden ratio: neighbouring rows are spread (Knuth, TAOCP 3, 6.4).
constexpr uint32_t kSpread = 0x9e3779b1u;

}  // namespace

size_t RowSet::capacity(size_t rows) {
  size_t capacity = kSlotsMin;
  while (capacity < kSlotsPerRow * rows) capacity *= 2;
  return capacity;
}

size_t RowSet::room(size_t rows) {
  return capacity(rows) * (sizeof(uint32_t) + sizeof(uint8_t));
}

RowSet::RowSet(size_t rows, void* memory)
    : slots_(static_cast<uint32_t*>(memory)),
      capacity_(capacity(rows)),
      settled_(reinterpret_cast<uint8_t*>(slots_ + capacity_)) {}

// SAFETY, of this file: an index is taken modulo the capacity, a power of two, and there are always
// slots without a row.
void RowSet::reset(const uint32_t* rows, size_t count) {
  bool is_new;
  std::memset(slots_, 0xff, capacity_ * sizeof(uint32_t));
  std::memset(settled_, 0, capacity_);
  count_ = 0;
  for (size_t i = 0; i < count; i++) add(rows[i], &is_new);
}

size_t RowSet::add(uint32_t row, bool* is_new) {
  const uint32_t product = row * kSpread;
  size_t at = (product >> 16 ^ product) & (capacity_ - 1);
  for (; slots_[at] != kNoRow; at = (at + 1) & (capacity_ - 1)) {
    if (slots_[at] == row) {
      *is_new = false;
      return at;
    }
  }
  slots_[at] = row;
  count_++;
  *is_new = true;
  return at;
}

}  // namespace sluice

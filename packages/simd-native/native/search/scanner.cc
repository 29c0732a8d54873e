#include "scanner.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "../assign/key-search.h"

namespace sluice {
namespace {

// First rows, and how many of them are compared before all others: at least these, and so many for
// each row that is wanted.
constexpr size_t kFirstRows = 256;
constexpr size_t kFirstRowsPerK = 4;
constexpr size_t kBestRows = 24;
constexpr size_t kBestRowsPerK = 2;

// SAFETY: there are four bytes. Blocks may be in memory that another thread writes to: the number
// is read once, and what is checked is what is used.
uint32_t read_row(const uint8_t* bytes) {
  uint32_t row;
  std::memcpy(&row, bytes, sizeof(row));
  __asm__ volatile("" : "+r"(row));
  return row;
}

// Asks for the first group of blocks. SAFETY: prefetching what is not there does nothing. Always
// inline: GCC takes a function that only prefetches for one without effect, and drops its calls.
__attribute__((always_inline)) inline void fetch(const Extent& extent, size_t bytes) {
  const size_t block_count = (extent.rows + kBlockRows - 1) / kBlockRows;
  const size_t length = std::min(block_count, kScanGroup) * bytes;
  for (size_t at = 0; at < length; at += kLineBytes) __builtin_prefetch(extent.blocks + at);
}

}  // namespace

Scanner::Scanner(const AssignKernels& kernels, const uint8_t* tables, size_t code_dimension,
                 const Bound& bound, size_t k, Reranker* reranker)
    : kernels_(kernels),
      tables_(tables),
      code_dimension_(code_dimension),
      bytes_(block_bytes(code_dimension)),
      bound_(bound),
      reranker_(reranker),
      first_wanted_(std::min(kFirstRowsMax, std::max(kFirstRows, kFirstRowsPerK * k))),
      best_wanted_(std::max(kBestRows, kBestRowsPerK * k)) {
  bound_.threshold = reranker->threshold();
}

void Scanner::scan(const Extent* extents, size_t count) {
  if (count > 0) fetch(extents[0], bytes_);
  for (size_t i = 0; i < count; i++) {
    scan_extent(extents[i], i + 1 < count ? &extents[i + 1] : nullptr);
  }
}

void Scanner::scan_extent(const Extent& extent, const Extent* next) {
  const size_t block_count = (extent.rows + kBlockRows - 1) / kBlockRows;
  float bounds[kScanGroup * kBlockRows];
  uint32_t survivors[kScanGroup];
  for (size_t at = 0; at < block_count; at += kScanGroup) {
    const size_t left = block_count - at;
    const uint8_t* const blocks = extent.blocks + at * bytes_;
    if (left <= kScanGroup && next != nullptr) fetch(*next, bytes_);
    // SAFETY: the extent has block_count blocks.
    kernels_.scans.bounds(tables_, code_dimension_, blocks, left, bound_, bounds, survivors);
    if (left <= kScanGroup && extent.rows % kBlockRows != 0) {
      survivors[left - 1] &= (uint32_t{1} << extent.rows % kBlockRows) - 1;
    }
    for (size_t i = 0; i < std::min(left, kScanGroup); i++) {
      if (survivors[i] != 0) take(blocks + i * bytes_, bounds + i * kBlockRows, survivors[i]);
    }
    if (is_first_ && first_count_ >= first_wanted_) settle_first();
    bound_.threshold = reranker_->threshold();
  }
  scanned_ += extent.rows;
}

void Scanner::take(const uint8_t* block, const float* bounds, uint32_t survivors) {
  const uint8_t* const rows = block + bytes_ - kBlockRows * sizeof(uint32_t);
  // SAFETY: a lane is below 32.
  for (uint32_t left = survivors; left != 0; left &= left - 1) {
    const size_t lane = static_cast<size_t>(__builtin_ctz(left));
    const uint32_t row = read_row(rows + lane * sizeof(uint32_t));
    const uint8_t* const bytes = reranker_->find(row);
    if (bytes == nullptr) continue;
    if (!is_first_) {
      reranker_->add(bytes, row, bounds[lane]);
      continue;
    }
    // SAFETY: fewer than first_wanted_ were there before a group of blocks.
    first_rows_[first_count_] = row;
    first_bounds_[first_count_++] = std::isnan(bounds[lane]) ? -INFINITY : bounds[lane];
  }
}

void Scanner::settle() {
  if (is_first_) settle_first();
  reranker_->flush();
  bound_.threshold = reranker_->threshold();
}

void Scanner::settle_first() {
  constexpr size_t kRoom = kFirstRowsMax + kScanGroup * kBlockRows;
  static_assert(kRoom % kKeyRun == 0, "keys are whole runs");
  alignas(64) int32_t keys[kRoom];
  alignas(64) int32_t minima[kKeyRun];
  is_first_ = false;
  if (first_count_ == 0) return;
  const size_t length = (first_count_ + kKeyRun - 1) / kKeyRun * kKeyRun;
  // SAFETY: length <= kRoom.
  for (size_t i = first_count_; i < length; i++) first_bounds_[i] = 0.0f;
  kernels_.assign.keys(first_bounds_, first_count_, keys, minima);
  int32_t limit = kInfiniteKey;
  if (first_count_ > best_wanted_) {
    const KeySearch search = {keys, length, best_wanted_, best_wanted_ + best_wanted_ / 4};
    limit = find_limit(kernels_.assign, search, *std::min_element(minima, minima + kKeyRun),
                       kInfiniteKey);
  }
  for (const bool is_best : {true, false}) {
    // SAFETY: `find` found the rows before; a freed segment stays null during a call.
    for (size_t i = 0; i < first_count_; i++) {
      if ((keys[i] <= limit) != is_best || first_bounds_[i] > reranker_->threshold()) continue;
      const uint8_t* const bytes = reranker_->find(first_rows_[i]);
      if (bytes != nullptr) reranker_->add(bytes, first_rows_[i], first_bounds_[i]);
    }
    reranker_->flush();
  }
}

}  // namespace sluice

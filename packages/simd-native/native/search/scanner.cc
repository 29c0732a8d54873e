#include "scanner.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "../assign/key-search.h"

namespace sluice {
namespace {

// Rows that are gathered, and how many of them are compared before the others: at least these, and
// so many for each row that is wanted.
constexpr size_t kGathered = 512;
constexpr size_t kGatheredPerK = 4;
constexpr size_t kGatheredMax = 65536;
constexpr size_t kBest = 20;
constexpr size_t kBestPerK = 2;

size_t gathered_for(size_t k) {
  return std::min(kGatheredMax, std::max(kGathered, k <= kGatheredMax ? kGatheredPerK * k : k));
}

// Room for what a group may add, in whole runs of keys.
size_t places_for(size_t k) {
  return (gathered_for(k) + kScanGroup * kBlockRows + kKeyRun - 1) / kKeyRun * kKeyRun;
}

// SAFETY: there are four bytes. Blocks may be in memory that another thread writes to: the number
// is read once, and what is checked is what is used.
uint32_t read_row(const uint8_t* bytes) {
  uint32_t row;
  std::memcpy(&row, bytes, sizeof(row));
  __asm__ volatile("" : "+r"(row));
  return row;
}

}  // namespace

size_t Scanner::room(size_t k) {
  return places_for(k) * (sizeof(float) + sizeof(int32_t) + sizeof(uint32_t));
}

// SAFETY: the parts are those that `room` adds up, whole runs each.
Scanner::Scanner(const AssignKernels& kernels, const uint8_t* tables, size_t code_dimension,
                 const SumScale& sums, size_t k, Reranker* reranker, void* memory)
    : kernels_(kernels),
      tables_(tables),
      code_dimension_(code_dimension),
      bytes_(block_bytes(code_dimension)),
      sums_(sums),
      reranker_(reranker),
      wanted_(gathered_for(k)),
      best_wanted_(std::max(kBest, kBestPerK * k)),
      lowers_(static_cast<float*>(memory)),
      keys_(reinterpret_cast<int32_t*>(lowers_ + places_for(k))),
      rows_(reinterpret_cast<uint32_t*>(keys_ + places_for(k))) {}

void Scanner::scan(const Extent* extents, size_t count) {
  Cursor cursor = {extents, extents + count, 0, {}};
  Group groups[2];
  read_group(&cursor, &groups[0]);
  for (size_t turn = 0; groups[turn].count > 0; turn = 1 - turn) {
    Group* const next = &groups[1 - turn];
    read_group(&cursor, next);
    scan_group(groups[turn], *next);
    if (count_ < wanted_) continue;
    make_room();
    // What was read before knows of the worst key as it was.
    for (size_t i = 0; next->count > 0 && i < kScanGroup; i++) {
      next->bound.blocks[i].threshold = reranker_->threshold(next->constants[i]);
    }
    if (cursor.extent < cursor.end) {
      cursor.bound.threshold = reranker_->threshold(cursor.extent->constant);
    }
  }
  for (size_t i = 0; i < count; i++) scanned_ += extents[i].rows;
}

// The next blocks, of one extent after the other. Thresholds are those of when an extent was
// entered, or of the last time that rows were compared.
void Scanner::read_group(Cursor* cursor, Group* out) const {
  size_t count = 0;
  out->bound.sums = sums_;
  while (count < kScanGroup && cursor->extent < cursor->end) {
    const Extent& extent = *cursor->extent;
    if (cursor->row >= extent.rows) {
      cursor->extent++;
      cursor->row = 0;
      continue;
    }
    if (cursor->row == 0) {
      cursor->bound = {extent.weight, reranker_->threshold(extent.constant)};
    }
    const size_t left = extent.rows - cursor->row;
    // SAFETY: an extent has a block for every 32 rows that start in it.
    out->blocks[count] = extent.blocks + cursor->row / kBlockRows * bytes_;
    out->lanes[count] = left < kBlockRows ? (uint32_t{1} << left) - 1 : ~uint32_t{0};
    out->constants[count] = extent.constant;
    out->bound.blocks[count++] = cursor->bound;
    cursor->row += kBlockRows;
  }
  out->count = count;
  for (size_t i = count; count > 0 && i < kScanGroup; i++) {
    out->blocks[i] = out->blocks[count - 1];
    out->constants[i] = out->constants[count - 1];
    out->bound.blocks[i] = out->bound.blocks[count - 1];
  }
}

void Scanner::scan_group(const Group& group, const Group& next) {
  float bounds[kScanGroup * kBlockRows];
  uint32_t survivors[kScanGroup];
  const BlockGroup blocks = {group.blocks, next.count > 0 ? next.blocks : group.blocks};
  kernels_.scans.bounds(tables_, code_dimension_, blocks, group.bound, bounds, survivors);
  for (size_t i = 0; i < group.count; i++) {
    const uint32_t survive = survivors[i] & group.lanes[i];
    if (survive == 0) continue;
    gather(group.blocks[i], group.constants[i], bounds + i * kBlockRows, survive);
  }
}

void Scanner::gather(const uint8_t* block, float constant, const float* bounds,
                     uint32_t survivors) {
  const uint8_t* const rows = block + bytes_ - kBlockRows * sizeof(uint32_t);
  // SAFETY: a lane is below 32; fewer than wanted_ rows were there before a group of blocks.
  for (uint32_t left = survivors; left != 0; left &= left - 1) {
    const size_t lane = static_cast<size_t>(__builtin_ctz(left));
    const uint32_t row = read_row(rows + lane * sizeof(uint32_t));
    if (reranker_->find(row) == nullptr) continue;
    const float sum = bounds[lane] + constant;
    rows_[count_] = row;
    lowers_[count_++] = std::isnan(sum) ? -INFINITY : sum;
  }
}

void Scanner::settle() {
  if (count_ > best_wanted_) compare_best();
  for (size_t i = 0; i < count_; i++) compete(i);
  reranker_->flush();
  count_ = 0;
}

// Most of what is left was gathered with a worst key that will come down: it may wait.
void Scanner::make_room() {
  do {
    compare_best();
  } while (count_ > wanted_ / 2);
}

// Compares the rows with the best bounds and keeps the others that may still be found.
void Scanner::compare_best() {
  const int32_t limit = find_best();
  for (size_t i = 0; i < count_; i++) {
    if (keys_[i] <= limit) compete(i);
  }
  reranker_->flush();
  size_t kept = 0;
  for (size_t i = 0; i < count_; i++) {
    if (keys_[i] <= limit || static_cast<double>(lowers_[i]) > reranker_->worst()) continue;
    rows_[kept] = rows_[i];
    lowers_[kept++] = lowers_[i];
  }
  count_ = kept;
}

// Fills in the keys; gives one that those of the best rows do not exceed.
int32_t Scanner::find_best() const {
  alignas(64) int32_t minima[kKeyRun];
  const size_t length = (count_ + kKeyRun - 1) / kKeyRun * kKeyRun;
  // SAFETY: there is room for whole runs.
  for (size_t i = count_; i < length; i++) lowers_[i] = 0.0f;
  kernels_.assign.keys(lowers_, count_, keys_, minima);
  const KeySearch search = {keys_, length, best_wanted_, best_wanted_ + best_wanted_ / 4};
  return find_limit(kernels_.assign, search, *std::min_element(minima, minima + kKeyRun),
                    kInfiniteKey);
}

// Lets a row that was gathered compete, unless its bound rules it out by now.
void Scanner::compete(size_t index) {
  if (static_cast<double>(lowers_[index]) > reranker_->worst()) return;
  // SAFETY: a freed segment stays null during a call, and any row number will do.
  const uint8_t* const bytes = reranker_->find(rows_[index]);
  if (bytes == nullptr) return;
  compared_++;
  reranker_->add(bytes, rows_[index], lowers_[index]);
}

}  // namespace sluice

// Exact sums over rows of integers, and differing bits, in plain C++ for any CPU. The loops over
// 8- and 16-bit elements are multiply-and-add reductions that compilers know (pmaddwd in SSE2).
#include <cstring>

#include "distance.h"

namespace sluice {
namespace {

// Elements whose products with half of a 16-bit element fit int32 together: 256 * 255 * 32768.
constexpr size_t kRun = 256;

// Asks for a row that is due later. A prefetch never faults. Always inline: GCC takes a function
// that only prefetches for one without effect, and drops its calls.
__attribute__((always_inline)) inline void ask(const uint8_t* row, size_t length) {
  for (size_t at = 0; at < length; at += kLineBytes) __builtin_prefetch(row + at);
}

template <class Value>
Value element(const uint8_t* row, size_t index) {
  Value value;
  // SAFETY: the caller's index is below the row's elements.
  std::memcpy(&value, row + index * sizeof(Value), sizeof(Value));
  return value;
}

template <class Value, bool kNorm>
void scan_narrow(const Query& query, const Batch& batch, IntegerSums* out) {
  // SAFETY: row < batch.count, and i < elements.
  for (size_t row = 0; row < batch.count; row++) {
    ask(batch.ahead[row], query.elements);
    int32_t dot = 0;
    int32_t norm = 0;
    for (size_t i = 0; i < query.elements; i++) {
      const int16_t x = element<Value>(batch.rows[row], i);
      dot += query.narrow.widened[i] * x;
      if (kNorm) norm += x * x;
    }
    out[row] = {{0, dot}, {0, norm}};
  }
}

// Elements are read as x = element - kShift, which fits int16 in both signednesses.
template <int32_t kShift, bool kNorm>
void scan_shorts(const Query& query, const Batch& batch, IntegerSums* out) {
  // SAFETY: row < batch.count, and i < elements.
  for (size_t row = 0; row < batch.count; row++) {
    ask(batch.ahead[row], query.elements * 2);
    int64_t dot = kShift * query.element_sum;
    int64_t norm = 0;
    for (size_t start = 0; start < query.elements; start += kRun) {
      const size_t end = start + kRun < query.elements ? start + kRun : query.elements;
      int32_t high = 0;
      int32_t low = 0;
      int32_t sum = 0;
      int32_t norm_high = 0;
      int32_t norm_low = 0;
      for (size_t i = start; i < end; i++) {
        const int16_t x = static_cast<int16_t>(element<uint16_t>(batch.rows[row], i) ^ kShift);
        high += query.shorts.high[i] * x;
        low += query.shorts.low[i] * x;
        if (!kNorm) continue;
        sum += x;
        norm_high += static_cast<int16_t>(x >> 8) * x;
        norm_low += static_cast<int16_t>(x & 0xff) * x;
      }
      dot += high * int64_t{256} + low;
      norm += norm_high * int64_t{256} + norm_low + 2 * int64_t{kShift} * sum +
              static_cast<int64_t>(end - start) * kShift * kShift;
    }
    out[row] = {{0, dot}, {0, norm}};
  }
}

void add_product(int64_t product, Wide* sum) {
  sum->high += product >> 32;
  sum->low += product & 0xffffffff;
}

// Elements are read as x = element - kShift, which fits int32 in both signednesses.
template <int64_t kShift, bool kNorm>
void scan_words(const Query& query, const Batch& batch, IntegerSums* out) {
  // SAFETY: row < batch.count, and i < elements.
  for (size_t row = 0; row < batch.count; row++) {
    ask(batch.ahead[row], query.elements * 4);
    int64_t high = 0;
    int64_t low = 0;
    int64_t sum = 0;
    Wide norm = {0, 0};
    for (size_t i = 0; i < query.elements; i++) {
      const uint32_t flip = kShift == 0 ? 0 : 0x80000000u;
      const int64_t x = static_cast<int32_t>(element<uint32_t>(batch.rows[row], i) ^ flip);
      high += query.words.high[i] * x;
      low += query.words.low[i] * x;
      if (!kNorm) continue;
      sum += x;
      add_product(x * x, &norm);
    }
    // kShift is 0 or 2^31: the terms it adds are whole units of 2^32 or halves of them.
    const int64_t length = static_cast<int64_t>(query.elements);
    if (kShift != 0) high += query.element_sum * (kShift >> 16);
    if (kShift != 0) norm.high += sum + (length << 30);
    out[row] = {{high >> 16, ((high & 0xffff) << 16) + low}, norm};
  }
}

// Set bits of a word, by adding neighbours: Warren, Hacker's Delight, 5-1.
uint64_t popcount(uint64_t word) {
  word -= (word >> 1) & 0x5555555555555555u;
  word = (word & 0x3333333333333333u) + ((word >> 2) & 0x3333333333333333u);
  word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return (word * 0x0101010101010101u) >> 56;
}

void scan_bits(const Query& query, const Batch& batch, uint32_t* out) {
  const size_t length = query.elements;
  // SAFETY: row < batch.count; at + 8 <= length, and the last word takes what is left.
  for (size_t row = 0; row < batch.count; row++) {
    ask(batch.ahead[row], length);
    uint64_t sum = 0;
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
      uint64_t word;
      uint64_t query_word;
      std::memcpy(&word, batch.rows[row] + at, 8);
      std::memcpy(&query_word, query.bits + at, 8);
      sum += popcount(word ^ query_word);
    }
    if (at < length) {
      uint64_t word = 0;
      uint64_t query_word = 0;
      std::memcpy(&word, batch.rows[row] + at, length - at);
      std::memcpy(&query_word, query.bits + at, length - at);
      sum += popcount(word ^ query_word);
    }
    out[row] = static_cast<uint32_t>(sum);
  }
}

constexpr int32_t kShort = 0x8000;
constexpr int64_t kWord = 0x80000000;

}  // namespace

const IntegerScans kIntegerScansBaseline = {
    {scan_words<0, false>, scan_words<kWord, false>, scan_shorts<0, false>,
     scan_shorts<kShort, false>, scan_narrow<int8_t, false>, scan_narrow<uint8_t, false>},
    {scan_words<0, true>, scan_words<kWord, true>, scan_shorts<0, true>,
     scan_shorts<kShort, true>, scan_narrow<int8_t, true>, scan_narrow<uint8_t, true>},
    scan_bits};

}  // namespace sluice

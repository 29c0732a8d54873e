// Memory for one call that is too much for the stack: in a worker thread as little as 190 KB may be
// left of it when JavaScript has used up its own share. For files compiled at the baseline.
#ifndef SLUICE_SCRATCH_H
#define SLUICE_SCRATCH_H

#include <cstddef>
#include <cstdlib>
#include <type_traits>

namespace sluice {

// One uninitialised T; null where there is no memory for it.
template <class T>
class Scratch {
  static_assert(std::is_trivially_default_constructible<T>::value, "nothing is constructed");
  static constexpr size_t kAlignment = 64;
  static_assert(alignof(T) <= kAlignment, "aligned for every T");

 public:
  Scratch()
      : memory_(static_cast<T*>(std::aligned_alloc(
            kAlignment, (sizeof(T) + kAlignment - 1) / kAlignment * kAlignment))) {}
  ~Scratch() { std::free(memory_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  T* get() const { return memory_; }

 private:
  T* const memory_;
};

}  // namespace sluice

#endif

#include "pages.h"

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace sluice {
namespace {

// Pages are at least this large; touching a byte of each brings it in.
constexpr size_t kPageBytesMin = 4096;

void touch(uint8_t* byte) {
  uint8_t expected = 0;
  // An exchange of 0 for 0: whatever another thread writes meanwhile stays. A byte that is not 0
  // was written before, so its page is there.
  __atomic_compare_exchange_n(byte, &expected, static_cast<uint8_t>(0), false, __ATOMIC_RELAXED,
                              __ATOMIC_RELAXED);
}

void touch_pages(uint8_t* bytes, size_t length) {
  // SAFETY: offset < length, and the last byte is there because there is one.
  for (size_t offset = 0; offset < length; offset += kPageBytesMin) touch(bytes + offset);
  if (length > 0) touch(bytes + length - 1);
}

#if defined(__linux__)

// Since Linux 5.14 and 6.1; headers may be older than the kernel.
constexpr int kPopulateWrite = 23;
constexpr int kCollapse = 25;

// Of x86-64, and of ARM with pages of 4 KiB.
constexpr uintptr_t kHugePageBytes = 2 * 1024 * 1024;

uintptr_t page_mask() { return static_cast<uintptr_t>(sysconf(_SC_PAGESIZE)) - 1; }

#endif

}  // namespace

#if defined(__linux__)

bool advise_huge_pages(uint8_t* bytes, size_t length) {
  const uintptr_t mask = page_mask();
  const uintptr_t from = (reinterpret_cast<uintptr_t>(bytes) + mask) & ~mask;
  const uintptr_t to = (reinterpret_cast<uintptr_t>(bytes) + length) & ~mask;
  // SAFETY: whole pages within the bytes; the advice changes none of them.
  return from < to && madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE) == 0;
}

void bring_in(uint8_t* bytes, size_t length) {
  if (length == 0) return;
  const uintptr_t mask = page_mask();
  const uintptr_t from = reinterpret_cast<uintptr_t>(bytes) & ~mask;
  const uintptr_t to = (reinterpret_cast<uintptr_t>(bytes) + length + mask) & ~mask;
  // SAFETY: pages that hold some of the bytes; they become present and keep what they hold.
  if (madvise(reinterpret_cast<void*>(from), to - from, kPopulateWrite) == 0) return;
  // An old kernel. After any other refusal, such as want of memory, a touch could end the process.
  if (errno == EINVAL) touch_pages(bytes, length);
}

void collapse(uint8_t* bytes, size_t length, size_t until) {
  const uintptr_t start = reinterpret_cast<uintptr_t>(bytes);
  const uintptr_t end = (start + length) / kHugePageBytes * kHugePageBytes;
  uintptr_t page = (start + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  // One at a time: what one of them is refused does not keep the others from it.
  for (; page < end && page < start + until; page += kHugePageBytes) {
    // SAFETY: a huge page within the bytes, which keep what they hold.
    madvise(reinterpret_cast<void*>(page), kHugePageBytes, kCollapse);
  }
}

#else

bool advise_huge_pages(uint8_t*, size_t) { return false; }

void collapse(uint8_t*, size_t, size_t) {}

void bring_in(uint8_t* bytes, size_t length) { touch_pages(bytes, length); }

#endif

}  // namespace sluice

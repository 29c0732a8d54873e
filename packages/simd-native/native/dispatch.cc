// Which kernels run, by what the CPU and the operating system support. Compiled at the baseline.
#include <cstring>

#include "kernels.h"

namespace sluice {
namespace {

constexpr Kernels kBaseline = {
    "baseline", crc32c_portable, exponent_sums_baseline, nullptr, nullptr, nullptr};

#if defined(__x86_64__)

constexpr Kernels kSse = {
    "sse4.2", crc32c_sse42, exponent_sums_baseline, nullptr, nullptr, nullptr};

constexpr Kernels kAvx2 = {"avx2",           crc32c_sse42,    exponent_sums_avx2,
                           dot_float32_avx2, l2_float32_avx2, cosine_float32_avx2};

bool has_sse() { return __builtin_cpu_supports("sse4.2") != 0; }

bool has_avx2() {
  return has_sse() && __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}

#endif

}  // namespace

const Kernels* kernels_for(const char* name) {
  const bool best = std::strcmp(name, "") == 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if ((best || std::strcmp(name, "avx2") == 0) && has_avx2()) return &kAvx2;
  if ((best || std::strcmp(name, "sse") == 0) && has_sse()) return &kSse;
#endif
  return best || std::strcmp(name, "baseline") == 0 ? &kBaseline : nullptr;
}

}  // namespace sluice

// Which kernels run, by what the CPU has and the operating system saves: cpuid and xgetbv, which is
// what __builtin_cpu_supports asks; on arm64 what the operating system says. Compiled at the
// baseline.
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "assign/assign.h"
#include "distance/distance.h"
#include "encode/encode.h"
#include "kernels.h"
#include "scan/code-scan.h"

namespace sluice {
namespace {

constexpr Kernels kBaseline = {"baseline", crc32c_portable, exponent_sums_baseline,
                               &kFloatScansBaseline, &kIntegerScansBaseline,
                               &kEncodeStepsBaseline, &kCodeScansBaseline,
                               &kAssignStepsBaseline};

#if defined(__x86_64__)

constexpr Kernels kSse = {"sse4.2", crc32c_sse42, exponent_sums_baseline, &kFloatScansBaseline,
                          &kIntegerScansBaseline, &kEncodeStepsBaseline, &kCodeScansBaseline,
                          &kAssignStepsBaseline};

constexpr Kernels kAvx2 = {"avx2", crc32c_sse42, exponent_sums_avx2, &kFloatScansAvx2,
                           &kIntegerScansAvx2, &kEncodeStepsAvx2, &kCodeScansAvx2,
                           &kAssignStepsAvx2};

constexpr Kernels kAvx512 = {"avx512", crc32c_avx512, exponent_sums_avx512, &kFloatScansAvx512,
                             &kIntegerScansAvx512, &kEncodeStepsAvx512, &kCodeScansAvx512,
                             &kAssignStepsAvx512};

bool has_sse() { return __builtin_cpu_supports("sse4.2") != 0; }

// Every CPU with AVX2 saves the registers of F16C, so its bit alone is enough.
bool has_half_conversion() {
  unsigned a;
  unsigned b;
  unsigned c;
  unsigned d;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}

bool has_avx2() {
  return has_sse() && __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
         __builtin_cpu_supports("popcnt") != 0 && has_half_conversion();
}

// What Ice Lake and Zen 4 brought, and what build.mjs compiles for. Older CPUs lack the integer
// instructions that make it worth while, and slow down when they see 512-bit registers.
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512vnni") != 0 &&
         __builtin_cpu_supports("avx512vbmi") != 0 && __builtin_cpu_supports("avx512vbmi2") != 0 &&
         __builtin_cpu_supports("avx512bitalg") != 0 &&
         __builtin_cpu_supports("avx512vpopcntdq") != 0 &&
         __builtin_cpu_supports("vpclmulqdq") != 0;
}

#elif defined(__aarch64__)

constexpr Kernels kNeon = {"neon", crc32c_armcrc, exponent_sums_neon, &kFloatScansNeon,
                           &kIntegerScansNeon, &kEncodeStepsNeon, &kCodeScansNeon,
                           &kAssignStepsNeon};

constexpr Kernels kDotprod = {"neon+dotprod", crc32c_armcrc, exponent_sums_neon, &kFloatScansNeon,
                              &kIntegerScansDotprod, &kEncodeStepsNeon,
                              &kCodeScansNeon, &kAssignStepsNeon};

#if defined(__APPLE__)

bool has_feature(const char* name) {
  int value = 0;
  size_t size = sizeof(value);
  return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
}

bool has_crc() { return has_feature("hw.optional.armv8_crc32"); }
bool has_dotprod() { return has_feature("hw.optional.arm.FEAT_DotProd"); }

#else

// Bits of Linux's arch/arm64/include/uapi/asm/hwcap.h.
constexpr unsigned long kHwcapCrc32 = 1ul << 7;
constexpr unsigned long kHwcapDotprod = 1ul << 20;

bool has_crc() { return (getauxval(AT_HWCAP) & kHwcapCrc32) != 0; }
bool has_dotprod() { return (getauxval(AT_HWCAP) & kHwcapDotprod) != 0; }

#endif

// NEON itself is part of the architecture. The few CPUs without the checksum instructions (optional
// in ARMv8.0) have the baseline, which the compiler makes of NEON too.
bool has_neon() { return has_crc(); }

#endif

}  // namespace

const Kernels* kernels_for(const char* name) {
  const bool best = std::strcmp(name, "") == 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if ((best || std::strcmp(name, "avx512") == 0) && has_avx512()) return &kAvx512;
  if ((best || std::strcmp(name, "avx2") == 0) && has_avx2()) return &kAvx2;
  if ((best || std::strcmp(name, "sse") == 0) && has_sse()) return &kSse;
#elif defined(__aarch64__)
  if ((best || std::strcmp(name, "dotprod") == 0) && has_neon() && has_dotprod()) return &kDotprod;
  if ((best || std::strcmp(name, "neon") == 0) && has_neon()) return &kNeon;
#endif
  return best || std::strcmp(name, "baseline") == 0 ? &kBaseline : nullptr;
}

}  // namespace sluice

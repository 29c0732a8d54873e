/** SIMD kernels for Sluice: importing this never fails; asking for the kernels may. */

export type { NativeStatus } from './native-kernels.js'
export { createNativeKernels, nativeStatus } from './native-kernels.js'

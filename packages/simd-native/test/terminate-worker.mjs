/**
 * Runs until it is terminated: busy with kernels while a prefault is under way, or with one
 * prefault after the other. It leaves a thousand regions open.
 */

import { parentPort, workerData } from 'node:worker_threads'
import { createNativeKernels } from '@sluice/simd-native'

const { memoryBytes, isBusy } = workerData
// The fallback refuses what makes no sense, and nothing here does.
const kernels = createNativeKernels({})
const shared = new Uint8Array(new SharedArrayBuffer(memoryBytes))
const target = new Uint8Array(4096)
const regions = Array.from({ length: 1000 }, (_, i) =>
  kernels.region(i % 2 === 0 ? shared : new Uint8Array(64)),
)
const rest = kernels.memory.prefault(shared)
parentPort.postMessage('running')
if (isBusy) {
  for (let i = 0; ; i++) {
    kernels.crc32c(shared)
    kernels.readRegion(regions[(2 * i) % 1000].handle, 0, target)
  }
}
await rest
for (;;) await kernels.memory.prefault(new Uint8Array(new SharedArrayBuffer(memoryBytes)))

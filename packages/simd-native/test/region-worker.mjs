/** Registers shared memory in a thread of its own, and tries a handle of another thread. */

import { parentPort, workerData } from 'node:worker_threads'
import { scalarKernels } from '@sluice/core'
import { createNativeKernels } from '@sluice/simd-native'

const { shared, foreignHandle } = workerData
const kernels = createNativeKernels(scalarKernels)
const region = kernels.region(shared)
const target = new Uint8Array(1)

function refusalOf(handle) {
  try {
    kernels.readRegion(handle, 0, target)
    return 'none'
  } catch (error) {
    return error.code
  }
}

parentPort.on('message', () => {
  kernels.readRegion(region.handle, region.byteLength - 1, target)
  parentPort.postMessage(target[0])
})
parentPort.postMessage({ refusal: refusalOf(foreignHandle), ownHandle: region.handle })

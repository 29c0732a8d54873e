/**
 * Registers memory that nothing else refers to, and tells as a line of JSON how many regions read
 * back what was written, and whose memory was collected before and after their release.
 */

import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { scalarKernels } from '@sluice/core'
import { createNativeKernels } from '@sluice/simd-native'

const COUNT = 200
const BYTES = 256 * 1024

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
const kernels = createNativeKernels(scalarKernels)

function register(index) {
  const bytes = new Uint8Array(
    index % 2 === 0 ? new ArrayBuffer(BYTES) : new SharedArrayBuffer(BYTES),
  )
  bytes.fill(index + 1)
  // A prefault under way holds memory too, and lets go of it.
  void kernels.memory.prefault(bytes)
  return { region: kernels.region(bytes), bytes: new WeakRef(bytes) }
}

async function collectAll() {
  // A WeakRef holds on until the turn is over.
  for (let turn = 0; turn < 5; turn++) {
    await setImmediate()
    collect()
  }
}

function countCollected(entries) {
  return entries.filter(({ bytes }) => bytes.deref() === undefined).length
}

const entries = Array.from({ length: COUNT }, (_, index) => register(index))
await collectAll()
const collectedWhileOpen = countCollected(entries)
await collectAll()
const target = new Uint8Array(BYTES)
let readBack = 0
for (const [index, { region }] of entries.entries()) {
  kernels.readRegion(region.handle, 0, target)
  if (target.every((byte) => byte === (index + 1) % 256)) readBack += 1
  region.release()
}
await collectAll()
const collectedAfterRelease = countCollected(entries)
process.stdout.write(`${JSON.stringify({ readBack, collectedWhileOpen, collectedAfterRelease })}\n`)

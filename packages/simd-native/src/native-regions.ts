/**
 * Regions and advice about pages from the native side: native/region/ and native/memory/. The table
 * of regions is one per thread, for all providers in it.
 */

import { setImmediate } from 'node:timers/promises'
import type { MemoryHelpers, MemoryRegion } from '@sluice/core'

/** A thread that ends waits for the step under way: 1-10 ms at 0.36-2.7 GB/s (measured). */
const STEP_BYTES = 4 * 1024 * 1024
/** A turn of the event loop: at most 0.8 ms. */
const SLICE_BYTES = 256 * 1024

/** What a subclass cannot redefine. */
const byteLengthOf = intrinsic<number>('byteLength')
const bufferOf = intrinsic<ArrayBufferLike>('buffer')

type GatherArguments = [
  segments: Uint32Array,
  rowsPerSegment: number,
  rows: Uint32Array,
  stride: number,
  target: Uint8Array,
]

/**
 * The functions behind regions and helpers, as native/calls/{region,gather,memory}.h declare them.
 *
 * @internal
 */
export interface NativeMemoryFunctions {
  regionOpen(bytes: Uint8Array): number
  regionClose(handle: number): void
  regionRead(handle: number, offset: number, target: Uint8Array): void
  gatherRows(...task: GatherArguments): void
  adviseHugePages(bytes: Uint8Array): boolean
  /** A promise for shared memory; other memory is in when it returns. */
  prefaultStep(bytes: Uint8Array, from: number, to: number): Promise<void> | undefined
  /** The same for huge pages; other memory is left alone. */
  collapseStep(bytes: Uint8Array, from: number, to: number): Promise<void> | undefined
  addressOffset(bytes: Uint8Array, alignment: number): number
}

/**
 * Registers memory.
 *
 * @throws an error with code `SLUICE_INVALID_ARGUMENT` or `SLUICE_LIMIT_EXCEEDED`
 * @internal
 */
export function openRegion(functions: NativeMemoryFunctions, bytes: Uint8Array): MemoryRegion {
  const handle = functions.regionOpen(bytes)
  return { handle, byteLength: byteLengthOf(bytes), release: () => functions.regionClose(handle) }
}

/**
 * The helpers of this platform; where it cannot advise or populate pages, they do what they can.
 *
 * @internal
 */
export function createMemoryHelpers(functions: NativeMemoryFunctions): MemoryHelpers {
  return {
    adviseHugePages: (bytes) => functions.adviseHugePages(bytes),
    prefault: (bytes) => prefault(functions, bytes),
    collapse: (bytes) => collapse(functions, bytes),
    addressOffset: (bytes, alignment) => functions.addressOffset(bytes, alignment),
  }
}

async function prefault(functions: NativeMemoryFunctions, bytes: Uint8Array): Promise<void> {
  // Says what is wrong with anything but bytes.
  void functions.prefaultStep(bytes, 0, 0)
  const byteLength = byteLengthOf(bytes)
  const shared = bufferOf(bytes) instanceof SharedArrayBuffer
  const stepBytes = shared ? STEP_BYTES : SLICE_BYTES
  for (let from = 0; from < byteLength; from += stepBytes) {
    await functions.prefaultStep(bytes, from, Math.min(from + stepBytes, byteLength))
    if (!shared) await setImmediate()
  }
}

async function collapse(functions: NativeMemoryFunctions, bytes: Uint8Array): Promise<void> {
  // Says what is wrong with anything but bytes.
  void functions.collapseStep(bytes, 0, 0)
  const byteLength = byteLengthOf(bytes)
  for (let from = 0; from < byteLength; from += STEP_BYTES) {
    const step = functions.collapseStep(bytes, from, Math.min(from + STEP_BYTES, byteLength))
    if (step === undefined) return
    await step
  }
}

function intrinsic<T>(name: 'byteLength' | 'buffer'): (bytes: Uint8Array) => T {
  const typedArrays = Object.getPrototypeOf(Uint8Array.prototype)
  const getter = Object.getOwnPropertyDescriptor(typedArrays, name)?.get
  return (bytes) => getter?.call(bytes)
}

/**
 * Memory that is overwritten when it is given back: whoever still reads it finds nonsense, and
 * what whoever still writes to it leaves is found when it is lent again.
 */

import type { Allocator, Lease } from '../../src/index.js'

const OVERWRITTEN = 0xff

/** Whether memory that was never lent, or overwritten when it was given back, is as it was. */
function isUntouched(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte !== 0 && byte !== OVERWRITTEN) return false
  }
  return true
}

/**
 * Looks whether anybody has written to memory that another allocator overwrites when it is given
 * back; says how often in vain, and how often not.
 */
export function watching(overwriter: Allocator): {
  readonly allocator: Allocator
  readonly counts: { untouched: number; touched: number }
} {
  const counts = { untouched: 0, touched: 0 }
  const allocator: Allocator = {
    bytesMax: overwriter.bytesMax,
    stats: () => overwriter.stats(),
    allocate: (byteLength, options) => {
      const lease = overwriter.allocate(byteLength, options)
      if (isUntouched(lease.bytes)) counts.untouched += 1
      else counts.touched += 1
      return lease
    },
  }
  return { allocator, counts }
}

/** Overwrites what another allocator lent, and says so. */
export function overwriting(inner: Allocator, onRelease = (): void => undefined): Allocator {
  return {
    bytesMax: inner.bytesMax,
    stats: () => inner.stats(),
    allocate: (byteLength, options) => {
      const lease = inner.allocate(byteLength, options)
      const { bytes, shared } = lease
      return {
        bytes,
        byteLength,
        shared,
        get released(): boolean {
          return lease.released
        },
        release: () => {
          onRelease()
          bytes.fill(OVERWRITTEN)
          lease.release()
        },
      } satisfies Lease
    },
  }
}

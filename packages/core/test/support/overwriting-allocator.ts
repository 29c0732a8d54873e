/** Memory that is overwritten when it is given back: whoever still reads it finds nonsense. */

import type { Allocator, Lease } from '../../src/index.js'

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
          bytes.fill(0xff)
          lease.release()
        },
      } satisfies Lease
    },
  }
}

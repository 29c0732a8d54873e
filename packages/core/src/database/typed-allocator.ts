/**
 * Gives any allocator's refusal the error type of this package, so that a full memory looks the
 * same to a caller whoever lends it.
 */

import type { Allocator, Lease } from '../contract/index.js'
import { hasCode, InvalidArgumentError, SluiceError } from '../errors.js'

/**
 * An allocator whose refusals are `SLUICE_LIMIT_EXCEEDED` errors of this package.
 *
 * @internal
 */
export function typedAllocator(inner: Allocator): Allocator {
  const typed: Allocator = {
    bytesMax: inner.bytesMax,
    allocate: (byteLength, options) => {
      try {
        return inner.allocate(byteLength, options)
      } catch (error) {
        throw typedRefusal(error, inner, byteLength)
      }
    },
    stats: () => inner.stats(),
  }
  if (!inner.prefault) return typed
  return { ...typed, prefault: async (lease: Lease) => inner.prefault?.(lease) }
}

function typedRefusal(error: unknown, allocator: Allocator, asked: number): unknown {
  const isLimit = hasCode(error, 'SLUICE_LIMIT_EXCEEDED')
  if (!isLimit || error instanceof SluiceError) return error
  const { leasedBytes, bytesMax } = allocator.stats()
  return new InvalidArgumentError(
    'SLUICE_LIMIT_EXCEEDED',
    `memory: ${asked} bytes asked for, ${leasedBytes} in use, at most ${bytesMax} ` +
      '(option `memoryBytesMax`)',
    { cause: error, details: { asked, used: leasedBytes, max: bytesMax }, retryable: true },
  )
}

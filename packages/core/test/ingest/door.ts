/** The door for writes, as its tests use it. */

import { Admission, type Admitted } from '../../src/ingest/admission.js'
import { MemoryBudget } from '../../src/ingest/memory-budget.js'

/** More than any test here needs. */
export const GIB = 2 ** 30

/** A door, and two ways to come in. */
export interface Door {
  readonly admission: Admission
  readonly budget: MemoryBudget
  /** Comes in with bytes, does nothing, and stays. */
  enter(byteLength: number, signal?: AbortSignal): Promise<Admitted<undefined>>
  /** Comes in with bytes and needs memory inside. */
  lease(byteLength: number, leasedBytes: number, signal?: AbortSignal): Promise<Admitted<number>>
}

/** Its bounds; none, where left out. */
export interface DoorOptions {
  readonly queueBytesMax?: number
  readonly bytesMax?: number
  readonly reclaim?: (byteLength: number) => Promise<boolean>
}

/** A door that nobody has come to. */
export function makeDoor(options: DoorOptions): Door {
  const { queueBytesMax = GIB, bytesMax = GIB, reclaim } = options
  const budget = new MemoryBudget({ bytesMax })
  const admission = new Admission({ queueBytesMax, budget, reclaim })
  const what = 'the write'
  return {
    admission,
    budget,
    enter: (byteLength, signal) =>
      admission.run({ byteLength, signal, what }, async () => undefined),
    lease: (byteLength, leasedBytes, signal) =>
      admission.run({ byteLength, signal, what }, async () => {
        if (!budget.fits(leasedBytes)) throw budget.refusal(leasedBytes)
        budget.take('leased', leasedBytes)
        return leasedBytes
      }),
  }
}

/** Lets everything happen that can. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * Writes waiting for the log, and how they are put together: by records and by row bytes, so that
 * one sync serves many small writes and one huge group does not hold back its acknowledgements.
 */

import type { Durability, WalBackend } from '../contract/index.js'
import type { Pending } from './commit.js'
import { rowBytesOf } from './inline-rows.js'

/** Records per group: bounds how long encoding one group holds the event loop. */
const GROUP_RECORDS_MAX = 1024
/** Row bytes per group: a few syncs a second at disk speed, and acknowledgements keep flowing. */
const GROUP_ROW_BYTES_MAX = 16 * 1024 * 1024

/**
 * Writes that are flushed, appended and acknowledged together.
 *
 * @internal
 */
export interface CommitGroup {
  readonly pending: readonly Pending[]
  /** The strongest that any of them asks for. */
  readonly durability: Durability
  readonly rowBytes: number
}

const STRENGTH: Readonly<Record<Durability, number>> = { memory: 0, os: 1, disk: 2 }

/**
 * The stronger of two durabilities.
 *
 * @internal
 */
export function strongerOf(a: Durability, b: Durability): Durability {
  return STRENGTH[a] >= STRENGTH[b] ? a : b
}

/**
 * Raises a durability to the next one that a backend honours.
 *
 * @internal
 */
export function honouredAs(
  asked: Durability,
  { capabilities: { durabilities } }: Pick<WalBackend, 'capabilities'>,
): Durability {
  if (durabilities.includes(asked)) return asked
  return asked === 'memory' && durabilities.includes('os') ? 'os' : 'disk'
}

/**
 * A first-in, first-out queue of writes.
 *
 * @internal
 */
export class CommitQueue {
  #pending: Pending[] = []
  #rowBytes = 0

  /** Writes waiting. */
  get length(): number {
    return this.#pending.length
  }

  /** Row bytes of the writes waiting. */
  get rowBytes(): number {
    return this.#rowBytes
  }

  /** Adds a write. */
  push(pending: Pending): void {
    this.#pending.push(pending)
    this.#rowBytes += rowBytesOf(pending.commit?.rows)
  }

  /** Takes the next group; at least one write when any waits. */
  takeGroup(): CommitGroup {
    let count = 0
    let rowBytes = 0
    let durability: Durability = 'memory'
    for (const pending of this.#pending) {
      const bytes = rowBytesOf(pending.commit?.rows)
      const isFull = count === GROUP_RECORDS_MAX || rowBytes + bytes > GROUP_ROW_BYTES_MAX
      if (count > 0 && isFull) break
      count++
      rowBytes += bytes
      durability = strongerOf(durability, pending.durability)
    }
    this.#rowBytes -= rowBytes
    return { pending: this.#pending.splice(0, count), durability, rowBytes }
  }

  /** Takes everything. */
  clear(): void {
    this.#pending = []
    this.#rowBytes = 0
  }
}

/**
 * The bound on the memory of one database, and what counts towards it: leases (slabs, id tables,
 * metadata), a bit per row, and the writes under way. It only counts and refuses; who waits for
 * what is the business of `Admission`.
 * Invariant: what is in use never passes the bound, but for what opening brought back.
 */

import { StateError } from '../errors.js'

/** Tables that grow leave holes of every size they had: some MiB, however small the bound is. */
const SLACK_BYTES_MIN = 16 * 1024 * 1024
/** How deep in a chain of causes a refusal is looked for. */
const CAUSES_MAX = 8

/**
 * What memory is used for: leases, bits that say which rows are alive, writes under way.
 *
 * @internal
 */
export type MemoryKind = 'leased' | 'alive' | 'queue'

/**
 * What counts towards `memoryBytesMax`, in bytes.
 *
 * @public
 */
export interface BudgetStats {
  /** The bound: option `memoryBytesMax`. */
  readonly bytesMax: number
  /** The sum of the three below; never more than the bound. */
  readonly usedBytes: number
  /** Slabs of rows, id tables, metadata. */
  readonly leasedBytes: number
  /** Room for a bit per row, which says whether it is alive. */
  readonly aliveBytes: number
  /** Writes under way. */
  readonly queueBytes: number
  /** The most that was ever in use at once. */
  readonly usedBytesPeak: number
}

/**
 * Memory that is held for re-use and can be given up.
 *
 * @internal
 */
export interface IdleMemory {
  stats(): { readonly idleBytes: number }
  /** Gives up what is idle. */
  trim(): unknown
}

/**
 * What a {@link MemoryBudget} is made of.
 *
 * @internal
 */
export interface MemoryBudgetOptions {
  readonly bytesMax: number
  /** Given up as soon as it and what is in use would pass the bound together. */
  readonly idle?: IdleMemory | undefined
}

/**
 * The refusal of memory: `SLUICE_LIMIT_EXCEEDED`, told apart from other limits, because memory
 * may come back. Its details: bytes `asked`, `used`, `max`, and `leased`, `alive`, `queue`.
 *
 * @internal
 */
export class MemoryRefusal extends StateError {
  /** @param message - who asked for how much of what; @param context - as for any error */
  constructor(message: string, context: ConstructorParameters<typeof StateError>[2]) {
    super('SLUICE_LIMIT_EXCEEDED', message, { retryable: true, ...context })
    this.name = 'StateError'
  }
}

/**
 * The refusal of memory that led to an error, if one did.
 *
 * @internal
 */
export function memoryRefusalOf(error: unknown): MemoryRefusal | undefined {
  let cause = error
  for (let depth = 0; depth < CAUSES_MAX && cause instanceof Error; depth++) {
    if (cause instanceof MemoryRefusal) return cause
    cause = cause.cause
  }
  return undefined
}

/**
 * Counts bytes in use under one bound.
 *
 * @internal
 */
export class MemoryBudget {
  readonly bytesMax: number
  readonly #idle: IdleMemory | undefined
  readonly #used: Record<MemoryKind, number> = { leased: 0, alive: 0, queue: 0 }
  #usedBytes = 0
  #usedBytesPeak = 0
  #slackBytes = 0
  #onGivenBack: (kind: MemoryKind) => void = () => undefined

  constructor(options: MemoryBudgetOptions) {
    this.bytesMax = options.bytesMax
    this.#idle = options.idle
  }

  /** Bytes in use. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Bytes in use that outlast the write that needed them: all but the queue. */
  get lentBytes(): number {
    return this.#usedBytes - this.#used.queue
  }

  /** Whether so many bytes more are within the bound. */
  fits(byteLength: number): boolean {
    return this.#usedBytes + byteLength <= this.bytesMax + this.#slackBytes
  }

  /**
   * Runs the opening of a database, which needs what was there before and has nobody to wait for.
   * Tables may come out larger than those that grew under the bound: a little beyond it is let pass
   * meanwhile.
   */
  async duringOpening<T>(open: () => Promise<T>): Promise<T> {
    this.#slackBytes = slackOf(this.bytesMax)
    try {
      return await open()
    } finally {
      this.#slackBytes = 0
    }
  }

  /** Counts bytes as in use. They must fit. */
  take(kind: MemoryKind, byteLength: number): void {
    this.#used[kind] += byteLength
    this.#usedBytes += byteLength
    this.#usedBytesPeak = Math.max(this.#usedBytesPeak, this.#usedBytes)
    const idle = this.#idle
    if (idle && !this.fits(idle.stats().idleBytes)) idle.trim()
  }

  /** Counts bytes as free again. */
  giveBack(kind: MemoryKind, byteLength: number): void {
    this.#used[kind] -= byteLength
    this.#usedBytes -= byteLength
    this.#onGivenBack(kind)
  }

  /** Sets who is told, synchronously, whenever bytes are free again. */
  watch(onGivenBack: (kind: MemoryKind) => void): void {
    this.#onGivenBack = onGivenBack
  }

  /**
   * The error for bytes that are not to be had.
   *
   * @param asked - bytes
   * @param cause - the refusal of an allocator, which may have limits of its own
   */
  refusal(asked: number, cause?: unknown): MemoryRefusal {
    const { leased, alive, queue } = this.#used
    const used = this.#usedBytes
    const max = this.bytesMax
    const reason =
      this.fits(asked) && cause instanceof Error
        ? `; the allocator refused: ${cause.message}`
        : ' (raise `memoryBytesMax`, or give collections smaller `segmentBytes`: memory comes ' +
          'and goes a segment at a time)'
    return new MemoryRefusal(
      `memory: ${asked} bytes asked for, ${used} in use (${leased} of slabs and tables, ` +
        `${queue} of writes under way, ${alive} of alive bits), at most ${max}${reason}`,
      { details: { asked, used, max, leased, alive, queue }, ...(cause ? { cause } : {}) },
    )
  }

  /** What is in use, now. */
  stats(): BudgetStats {
    const { leased, alive, queue } = this.#used
    return {
      bytesMax: this.bytesMax,
      usedBytes: this.#usedBytes,
      leasedBytes: leased,
      aliveBytes: alive,
      queueBytes: queue,
      usedBytesPeak: this.#usedBytesPeak,
    }
  }
}

/**
 * What is let pass beyond a bound: for opening, and for the holes between slabs of an allocator.
 *
 * @internal
 */
export function slackOf(bytesMax: number): number {
  const slackBytes = Math.max(SLACK_BYTES_MIN, Math.ceil(bytesMax / 8))
  return Math.min(slackBytes, Number.MAX_SAFE_INTEGER - bytesMax)
}

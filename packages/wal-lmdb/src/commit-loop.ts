/**
 * The group commit: one LMDB transaction at a time, each with everything that waited, and with some
 * of the forgotten records that are to be removed. LMDB syncs a transaction before the promise of
 * its puts resolves, so a group that resolved is on disk, and so are all groups before it. lmdb-js
 * keeps addresses of the values, not copies, so their memory must stay as it is until then. After a
 * failure nothing is written any more.
 */

import type { SluiceError } from '@sluice/core'
import type { LogDatabase } from './environment.js'
import { freeBytesOf, isRoomFor, noSpace } from './free-space.js'
import type { Part } from './keys.js'
import { Removals } from './removals.js'

/** Bytes of one transaction: bounds the pages that LMDB holds dirty in memory. */
const GROUP_BYTES_MAX = 64 * 1024 * 1024

/**
 * Something that waits for its turn.
 *
 * @internal
 */
export interface Work {
  /** Values to put. */
  readonly parts: readonly Part[]
  readonly byteLength: number
  /** For work that is more than puts: runs alone, after everything before it. */
  readonly run?: () => Promise<void>
  /** Called once: without an error when it is on disk. */
  readonly settle: (failure?: SluiceError) => void
}

/**
 * What the loop asks of its owner.
 *
 * @internal
 */
export interface CommitLoopOptions {
  readonly database: LogDatabase
  readonly directory: string
  /** Turns what went wrong into an error, and refuses further writes. Called at most once. */
  readonly fail: (error: unknown, byteLength: number) => Promise<SluiceError>
  /** The error for work that comes after a failure. */
  readonly refusal: () => SluiceError
}

/**
 * Commits work in order, in groups.
 *
 * @internal
 */
export class CommitLoop {
  readonly #options: CommitLoopOptions
  readonly #waiting: Work[] = []
  readonly #removals: Removals
  #waitingBytes = 0
  #running: Promise<void> | undefined
  #failed = false
  #commitCount = 0

  /** @param options - the database and its owner */
  constructor(options: CommitLoopOptions) {
    this.#options = options
    this.#removals = new Removals(options.database)
  }

  /** Transactions synced. */
  get commitCount(): number {
    return this.#commitCount
  }

  /** Bytes that wait, the group under way included. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Puts work at the end of the queue. */
  add(work: Work): void {
    this.#waiting.push(work)
    this.#waitingBytes += work.byteLength
    this.#running ??= this.#drain()
  }

  /**
   * Removes records that the start mark on disk excludes, between and beside commits.
   *
   * @returns resolves when all are gone, or when the log fails or ends before that
   */
  removeBelow(lsn: bigint): Promise<void> {
    if (this.#failed) return Promise.resolve()
    this.#removals.removeBelow(lsn)
    this.#running ??= this.#drain()
    return this.#removals.done()
  }

  /** Ends removing, at the latest after the transaction under way. */
  stopRemoving(): void {
    this.#removals.stop()
  }

  /** Resolves when everything added so far is settled; it never rejects. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.add({ parts: [], byteLength: 0, settle: () => resolve() })
    })
  }

  async #drain(): Promise<void> {
    // One turn of microtasks, so that calls made together share a transaction.
    await undefined
    while (this.#waiting.length > 0 || this.#removals.pending) {
      const group = this.#takeGroup()
      const byteLength = group.reduce((sum, work) => sum + work.byteLength, 0)
      const failure = await this.#commit(group, byteLength)
      this.#waitingBytes -= byteLength
      for (const { settle } of group) settle(failure)
    }
    this.#running = undefined
  }

  #takeGroup(): Work[] {
    let count = 0
    let byteLength = 0
    for (const work of this.#waiting) {
      const alone = work.run !== undefined
      if (count > 0 && (alone || byteLength + work.byteLength > GROUP_BYTES_MAX)) break
      count += 1
      byteLength += work.byteLength
      if (alone) break
    }
    return this.#waiting.splice(0, count)
  }

  async #commit(group: readonly Work[], byteLength: number): Promise<SluiceError | undefined> {
    if (this.#failed) return this.#options.refusal()
    try {
      const run = group[0]?.run
      if (run === undefined) {
        const parts = group.flatMap((work) => work.parts)
        await this.#put(parts, byteLength)
      } else await run()
      return undefined
    } catch (error) {
      this.#failed = true
      const failure = await this.#options.fail(error, byteLength)
      this.#removals.stop()
      return failure
    }
  }

  /**
   * Puts values and removes some, in one transaction. All that is called in one turn shares a
   * transaction and a promise; the last one's is awaited.
   */
  async #put(parts: readonly Part[], byteLength: number): Promise<void> {
    const forgotten = this.#removals.nextKeys(parts.length)
    if (parts.length + forgotten.length === 0) return
    const { database, directory } = this.#options
    const freeBytes = freeBytesOf(directory)
    if (!isRoomFor(byteLength, freeBytes)) {
      // Removing can wait until there is room; it is no reason to fail.
      if (parts.length === 0) return this.#removals.stop()
      throw noSpace('commit to the log', byteLength, { directory, freeBytes })
    }
    let committed: Promise<boolean> | undefined
    for (const { key, value } of parts) committed = database.put(key, value)
    for (const key of forgotten) committed = database.remove(key)
    await committed
    this.#commitCount += 1
  }
}

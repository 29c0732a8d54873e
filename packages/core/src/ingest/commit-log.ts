/**
 * The commit log: orders writes, groups them, gets their rows and then their records on disk, and
 * makes them visible in log order. Invariants: LSNs have no gap; a record at `os` or `disk` is
 * appended only after every row it and its predecessors need is synced (or travels in a record);
 * after a failure nothing more is acknowledged, and all that is not durable is undone.
 */

import type { BufferLease } from '@sluice/pool'
import type { Durability, VectorStore, WalRecord } from '../contract/index.js'
import { type SluiceError, storageErrorFrom } from '../errors.js'
import { LIMITS } from '../limits.js'
import type { Commit, Pending } from './commit.js'
import { CommitEncoder } from './commit-encoder.js'
import type { CommitLogOptions, LogWatcher } from './commit-log-options.js'
import { type CommitGroup, CommitQueue, honouredAs } from './commit-queue.js'
import type { CommitStats } from './commit-stats.js'
import { DelayedTask } from './delayed-task.js'
import { rowBytesOf } from './inline-rows.js'
import { outcomeOf } from './outcome.js'
import { poisonedBy } from './poisoned.js'
import { UnsyncedRows } from './unsynced-rows.js'

/** Queued row bytes worth flushing while the group before is still on its way into the log. */
const OVERLAP_BYTES_MIN = 1024 * 1024
/** Rows that lie only in the log are moved to their segments once so many bytes wait. */
const SPILL_BYTES_MAX = 4 * 1024 * 1024
/** How long a write below `disk`, or a row in the log only, waits for a background sync. */
const BACKGROUND_DELAY_MS = 200
/** Room for a record's header, field names and padding. */
const RECORD_SLACK_BYTES = 1024

/**
 * The log of one database.
 *
 * @internal
 */
export class CommitLog {
  readonly #options: CommitLogOptions
  readonly #encoder: CommitEncoder
  readonly #inlineBytesMax: number
  readonly #queue = new CommitQueue()
  /** Rows that no record carries: synced before the next record at `os` or `disk`. */
  readonly #unflushed = new UnsyncedRows()
  /** Rows that a record carries: moved to their segments in the background. */
  readonly #unspilled = new UnsyncedRows()
  /** Submitted and not yet durable, in order: what a failure undoes. */
  readonly #undurable: Pending[] = []
  #nextLsn: bigint
  #visibleLsn: bigint
  #durableLsn: bigint
  #groupsUnderWay = 0
  #isPumpScheduled = false
  #appends: Promise<void> = Promise.resolve()
  readonly #background = new DelayedTask(BACKGROUND_DELAY_MS, () => {
    if (this.#undurable[0]?.applied) this.sync().catch(() => undefined)
    this.#spill()
  })
  #poison: SluiceError | undefined
  #onLogged: LogWatcher = () => undefined
  readonly #counts = { groups: 0, records: 0, rows: 0 }

  constructor(options: CommitLogOptions) {
    this.#options = options
    this.#encoder = new CommitEncoder(options)
    const { capabilities } = options.wal
    this.#inlineBytesMax = Math.min(LIMITS.inlineBytesMax, capabilities.inlineBytesMax)
    this.#visibleLsn = options.lastLsn
    this.#durableLsn = options.lastLsn
    this.#nextLsn = options.lastLsn + 1n
  }

  /** Bytes of ids and metadata that one record can hold beside its header and inline rows. */
  get bodyBytesMax(): number {
    const frameBytesMax = this.#options.wal.capabilities.frameBytesMax
    const recordBytesMax = Math.min(LIMITS.recordBytesMax, frameBytesMax)
    return recordBytesMax - LIMITS.inlineBytesMax - RECORD_SLACK_BYTES
  }

  /** Why nothing can be written any more, if so. */
  get poison(): SluiceError | undefined {
    return this.#poison
  }

  /**
   * Hands a write to the log; resolves with its LSN once it is visible and as durable as asked.
   *
   * @throws StorageError `SLUICE_POISONED` after a failure; or the failure itself
   */
  submit(commit: Commit): Promise<bigint> {
    return this.#enqueue(commit, honouredAs(commit.durability, this.#options.wal))
  }

  /** Waits until all that was submitted is visible and durable; resolves with the last LSN. */
  sync(durability: Durability = 'disk'): Promise<bigint> {
    return this.#enqueue(undefined, honouredAs(durability, this.#options.wal))
  }

  /**
   * Runs `capture` at the moment when all that was submitted before is visible and durable, and
   * nothing after it is; resolves with what it returns. It gets the LSN of that moment.
   */
  async barrier<T>(capture: (lsn: bigint) => T): Promise<T> {
    let outcome = (): T => capture(this.#visibleLsn)
    await this.#enqueue(undefined, 'disk', () => {
      outcome = outcomeOf(outcome)
    })
    return outcome()
  }

  /**
   * Runs something that must not fail: flushing rows, cutting the log.
   *
   * @throws StorageError; the log is poisoned then
   */
  async orPoison(operation: string, task: () => Promise<void>): Promise<void> {
    try {
      await task()
    } catch (error) {
      this.#fail(storageErrorFrom(error, operation))
      throw this.#poison
    }
  }

  /** Tells the one who cuts the log what each group added. */
  watch(onLogged: LogWatcher): void {
    this.#onLogged = onLogged
  }

  /** Notes rows that recovery found in the log only. */
  noteUnspilled(store: VectorStore, toRow: number, byteLength: number): void {
    this.#unspilled.note(store, toRow, byteLength)
    this.#scheduleBackground()
  }

  /** Forgets a store that is being destroyed. */
  forget(store: VectorStore): void {
    this.#unflushed.forget(store)
    this.#unspilled.forget(store)
  }

  /** Syncs everything, moves rows out of the log, and stops the background work. */
  async close(): Promise<void> {
    if (!this.#poison) {
      await this.sync()
      await this.#unspilled.flush()
    }
    this.#background.cancel()
    await this.#appends
  }

  /** What the log has done since opening. */
  stats(): CommitStats {
    return {
      ...this.#counts,
      visibleLsn: this.#visibleLsn,
      durableLsn: this.#durableLsn,
      unspilledBytes: this.#unspilled.bytes,
    }
  }

  #enqueue(
    commit: Commit | undefined,
    durability: Durability,
    onReached?: () => void,
  ): Promise<bigint> {
    if (this.#poison) {
      commit?.undo(false)
      return Promise.reject(poisonedBy(this.#poison))
    }
    return new Promise((resolve, reject) => {
      const pending: Pending = { commit, onReached, durability, resolve, reject, applied: false }
      this.#queue.push(pending)
      this.#undurable.push(pending)
      this.#schedulePump()
    })
  }

  /** Waits for the end of the event loop's turn, so that concurrent writers share a group. */
  #schedulePump(): void {
    if (this.#isPumpScheduled) return
    this.#isPumpScheduled = true
    setImmediate(() => {
      this.#isPumpScheduled = false
      while (!this.#poison && this.#queue.length > 0 && this.#mayStartGroup()) {
        this.#startGroup(this.#queue.takeGroup())
      }
    })
  }

  /**
   * Small writes wait for the group before them, which makes their own group larger; bulk writes
   * flush beside it, which keeps the disk busy.
   */
  #mayStartGroup(): boolean {
    if (this.#groupsUnderWay === 0) return true
    return this.#groupsUnderWay === 1 && this.#queue.rowBytes >= OVERLAP_BYTES_MIN
  }

  #startGroup(group: CommitGroup): void {
    this.#groupsUnderWay++
    const leases: BufferLease[] = []
    const started = this.#prepare(group, leases)
    // Settled below, in turn; until then a failure must not count as unhandled.
    started.catch(() => undefined)
    this.#appends = this.#appends.then(() => this.#finish(group, started, leases))
  }

  /** Encodes the records of a group and gets the rows that they do not carry on disk. */
  async #prepare(group: CommitGroup, leases: BufferLease[]): Promise<readonly WalRecord[]> {
    const isInline = group.durability !== 'memory' && group.rowBytes <= this.#inlineBytesMax
    const records: WalRecord[] = []
    for (const { commit, durability } of group.pending) {
      if (!commit) continue
      this.#noteRows(commit, isInline)
      const header = { durability, durableLsn: this.#durableLsn, lsn: this.#nextLsn++ }
      records.push(this.#encoder.encode(header, commit, { isInline, leases }))
    }
    if (group.durability !== 'memory') await this.#unflushed.flush()
    return records
  }

  #noteRows({ rows }: Commit, isInline: boolean): void {
    if (!rows) return
    const unsynced = isInline ? this.#unspilled : this.#unflushed
    unsynced.note(rows.store, rows.rowBase + rows.rowCount, rowBytesOf(rows))
  }

  async #finish(
    group: CommitGroup,
    started: Promise<readonly WalRecord[]>,
    leases: readonly BufferLease[],
  ): Promise<void> {
    try {
      if (!this.#poison) {
        const records = await started
        await this.#options.wal.append(records, { durability: group.durability })
        // A spill may have failed meanwhile, and taken the group back.
        if (!this.#poison) this.#acknowledge(group, records)
      }
    } catch (error) {
      this.#fail(storageErrorFrom(error, 'commit'))
    }
    for (const lease of leases) lease.release()
    this.#groupsUnderWay--
    if (this.#queue.length > 0) this.#schedulePump()
  }

  #acknowledge(group: CommitGroup, records: readonly WalRecord[]): void {
    this.#counts.groups++
    this.#counts.records += records.length
    for (const pending of group.pending) {
      if (pending.commit) {
        pending.commit.apply()
        this.#visibleLsn++
        this.#counts.rows += pending.commit.rows?.rowCount ?? 0
      }
      pending.onReached?.()
      pending.applied = true
    }
    if (group.durability === 'disk') {
      this.#durableLsn = this.#visibleLsn
      const last = group.pending.at(-1)
      this.#undurable.splice(0, last ? this.#undurable.indexOf(last) + 1 : 0)
    }
    let lsn = this.#visibleLsn - BigInt(records.length)
    for (const pending of group.pending) pending.resolve(pending.commit ? ++lsn : lsn)
    if (this.#undurable[0]?.applied || !this.#unspilled.isEmpty()) this.#scheduleBackground()
    this.#onLogged(records, group.rowBytes)
  }

  #fail(error: SluiceError): void {
    if (this.#poison) return
    this.#poison = error
    this.#queue.clear()
    this.#background.cancel()
    const lost = this.#undurable.splice(0).reverse()
    for (const { commit, applied } of lost) commit?.undo(applied)
    this.#visibleLsn = this.#durableLsn
    this.#options.onPoisoned(error)
    for (const pending of lost.reverse()) if (!pending.applied) pending.reject(error)
  }

  #scheduleBackground(): void {
    if (this.#unspilled.bytes >= SPILL_BYTES_MAX) this.#spill()
    if (!this.#poison) this.#background.schedule()
  }

  #spill(): void {
    this.#unspilled.flush().catch((error: unknown) => {
      this.#fail(storageErrorFrom(error, 'spill'))
    })
  }
}

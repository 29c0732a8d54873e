/**
 * When a checkpoint is made, and in which order its parts reach the disk. Invariants: the log is
 * cut only behind the older of the two checkpoints that are kept, and files are removed only once
 * neither of them needs any; so at every instant one of them is whole. Writers wait for nothing
 * but one group of the log.
 */

import { nowMs } from '../../clock.js'
import type { WalBackend } from '../../contract/index.js'
import type { CommitLog } from '../../ingest/commit-log.js'
import { DelayedTask } from '../../ingest/delayed-task.js'
import type { CheckpointEvent } from '../../observe/events.js'
import { SerialQueue } from '../../serial-queue.js'
import type { CollectionFactory } from '../collection-factory.js'
import { type Capture, type CaptureSource, captureDatabase } from './capture.js'
import type { CheckpointedCollection } from './checkpoint.js'
import type { CheckpointDirectory } from './checkpoint-directory.js'
import { FreedSegments } from './freed-segments.js'
import { freedSegmentsOf, type KeptCheckpoint, keptCheckpoint } from './kept-checkpoint.js'
import { saveCollection } from './save-collection.js'

/**
 * When checkpoints are made in the background.
 *
 * @internal
 */
export interface CheckpointTriggers {
  /** After so many bytes of log. */
  readonly logBytesMax: number
  /** After so long with something new in the log. */
  readonly intervalMs: number
}

/**
 * What a checkpointer works with.
 *
 * @internal
 */
export interface CheckpointerOptions {
  readonly log: CommitLog
  readonly wal: WalBackend
  readonly factory: CollectionFactory
  readonly source: CaptureSource
  /** Undefined for a database in memory: its log is cut, and that is all. */
  readonly directory: CheckpointDirectory | undefined
  readonly epoch: number
  /** Undefined: only when asked for. */
  readonly triggers: CheckpointTriggers | undefined
  /** The checkpoint that the database was opened from, if any. */
  readonly newest: KeptCheckpoint | undefined
  /** Bytes of log that opening had to replay. */
  readonly replayedBytes: number
  readonly onCheckpoint: (event: CheckpointEvent) => void
  /** Told of a failure in the background. */
  readonly onFailed: (error: unknown) => void
}

/** Nobody reads the log of a database in memory: so much of it is kept, at most. */
const MEMORY_LOG_BYTES_MAX = 1024 * 1024

/**
 * Makes the checkpoints of one database.
 *
 * @internal
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions
  readonly #turns = new SerialQueue()
  readonly #timer: DelayedTask | undefined
  readonly #freed = new FreedSegments()
  readonly #logBytesMax: number
  #newest: KeptCheckpoint | undefined
  /** Bytes of log since the last checkpoint was captured. */
  #loggedBytes: number
  #isAsked = false
  /** Whether segments were marked as freed whose files are still there. */
  #hasFreed = false
  #isClosed = false

  constructor(options: CheckpointerOptions) {
    this.#options = options
    this.#newest = options.newest
    this.#loggedBytes = options.replayedBytes
    const known = [...(options.newest?.segments.values() ?? [])].flat()
    this.#hasFreed = known.some(({ freed }) => freed)
    const { triggers, directory } = options
    const logBytesMax = triggers?.logBytesMax ?? Number.POSITIVE_INFINITY
    this.#logBytesMax = directory ? logBytesMax : Math.min(logBytesMax, MEMORY_LOG_BYTES_MAX)
    if (triggers) this.#timer = new DelayedTask(triggers.intervalMs, () => this.#ask())
    options.log.watch((byteLength) => this.#note(byteLength))
    this.#note(0)
  }

  /** The newest checkpoint. */
  get newest(): KeptCheckpoint | undefined {
    return this.#newest
  }

  /** Bytes of log that opening would have to replay now. */
  get loggedBytes(): number {
    return this.#loggedBytes
  }

  /**
   * Makes a checkpoint of everything submitted so far, and gives the files of dead segments back.
   * Of calls under way at the same time each gets one of its own, which costs little.
   *
   * @throws StorageError; the checkpoints before are as they were
   */
  async run(): Promise<void> {
    await this.#turns.run(() => this.#checkpoint())
    // Files go once two checkpoints do not need them.
    if (this.#hasFreed) await this.#turns.run(() => this.#checkpoint())
  }

  /** Runs a task during which no checkpoint is made and no file of one is removed. */
  hold<T>(task: () => Promise<T>): Promise<T> {
    return this.#turns.run(task)
  }

  /** Ends the background work and makes a last checkpoint, unless the log is poisoned. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#turns.idle()
    if (this.#options.triggers) {
      await this.#inBackground()
      // Files go once two checkpoints do not need them.
      if (this.#hasFreed) await this.#inBackground()
    }
    this.#freed.close()
  }

  #note(byteLength: number): void {
    this.#loggedBytes += byteLength
    if (this.#isClosed || this.#loggedBytes === 0) return
    if (this.#loggedBytes >= this.#logBytesMax) this.#ask()
    else this.#timer?.schedule()
  }

  #ask(): void {
    if (this.#isAsked || this.#isClosed || this.#options.log.poison) return
    this.#isAsked = true
    void this.#turns.run(async () => {
      this.#isAsked = false
      await this.#inBackground()
    })
  }

  async #inBackground(): Promise<void> {
    if (this.#options.log.poison) return
    try {
      await this.#checkpoint()
    } catch (error) {
      // The log grows until one succeeds; the next one is due after as much again.
      this.#loggedBytes = 0
      if (!this.#options.log.poison) this.#options.onFailed(error)
    }
  }

  async #checkpoint(): Promise<void> {
    const { log, source, wal, directory, onCheckpoint } = this.#options
    const startMs = nowMs()
    let loggedBytes = 0
    const capture = await log.barrier((lsn) => {
      loggedBytes = this.#loggedBytes
      return captureDatabase(source, lsn)
    })
    if (capture.lsn === (this.#newest?.lsn ?? 0n) && !this.#hasFreed) return
    const before = this.#newest
    const written = await this.#write(capture)
    this.#newest = written
    this.#loggedBytes -= loggedBytes
    const keptFrom = directory ? before?.lsn : capture.lsn
    if (keptFrom !== undefined) await wal.truncateBefore(keptFrom + 1n)
    await this.#tidyUp(capture, written, before)
    if (this.#hasFreed && !this.#isClosed) this.#timer?.schedule()
    const { number, lsn, byteLength } = written
    onCheckpoint({ number, lsn, byteLength, durationMs: nowMs() - startMs })
  }

  async #write(capture: Capture): Promise<KeptCheckpoint> {
    const { lsn, nextCollectionId } = capture
    const { directory, epoch } = this.#options
    const collections = await this.#saveCollections(capture)
    const number = (await directory?.nextNumber()) ?? 0
    const checkpoint = { number, lsn, epoch, nextCollectionId, collections }
    if (!directory) return keptCheckpoint(checkpoint, 0)
    const { byteLength } = await directory.write(checkpoint)
    const written = keptCheckpoint(checkpoint, byteLength)
    await directory.install(this.#newest ? [written, this.#newest] : [written])
    return written
  }

  async #saveCollections(capture: Capture): Promise<CheckpointedCollection[]> {
    const { log, factory } = this.#options
    const collections: CheckpointedCollection[] = []
    for (const captured of capture.collections) {
      const { id } = captured.state
      const before = this.#newest?.segments.get(id) ?? []
      const saved = await saveCollection({
        captured,
        before,
        log,
        columns: factory.columnFiles(id),
      })
      if (saved) collections.push(saved)
    }
    return collections
  }

  /** Removes what no checkpoint needs any more. */
  async #tidyUp(
    { collections }: Capture,
    written: KeptCheckpoint,
    before: KeptCheckpoint | undefined,
  ): Promise<void> {
    const { directory, factory } = this.#options
    await directory?.removeOthers(before ? [written.number, before.number] : [written.number])
    this.#hasFreed = false
    for (const { state } of collections) {
      const freed = freedSegmentsOf(written, state.id)
      const freedBefore = freedSegmentsOf(before, state.id)
      const isDone = await this.#freed.freeFiles(state, freedBefore, factory.columnFiles(state.id))
      if (!isDone || freed.length > freedBefore.length) this.#hasFreed = true
      // Not waited for: a walk that its caller goes on with only now and then may hold it for long.
      this.#freed.freeMemory(state, freed).catch(this.#options.onFailed)
    }
  }
}

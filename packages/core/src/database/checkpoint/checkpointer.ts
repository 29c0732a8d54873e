/**
 * When a checkpoint is made, and in which order its parts reach the disk. Invariants: the log is
 * cut only behind the older of the two checkpoints that are kept, and files are removed only once
 * neither of them needs any; so at every instant one of them is whole. Writers wait for nothing
 * but one group of the log.
 */

import { nowMs } from '../../clock.js'
import type { CollectionState } from '../../collection/state/collection-state.js'
import { deadSegments } from '../../collection/state/dead-segments.js'
import { DelayedTask } from '../../ingest/delayed-task.js'
import { runAtOnce } from '../../segment/at-once.js'
import { SerialQueue } from '../../serial-queue.js'
import { type Capture, type CapturedCollection, captureDatabase, endCapture } from './capture.js'
import type { CheckpointedCollection } from './checkpoint.js'
import type { CheckpointerOptions } from './checkpointer-options.js'
import { freeEvicted } from './free-evicted.js'
import { FreedSegments } from './freed-segments.js'
import { areFilesDue, isGarbageDue } from './garbage.js'
import { freedSegmentsOf, type KeptCheckpoint, keptCheckpoint } from './kept-checkpoint.js'
import { saveCollection } from './save-collection.js'
import { saveLists } from './save-lists.js'

/** Bytes of rows after which it is looked at once whether segments have died: a few of them. */
const GARBAGE_ROW_BYTES = 256 * 1024 * 1024
/** How long after a write it is looked for dead segments, and until files follow their memory. */
const GARBAGE_DELAY_MS = 1000
/** Collections saved at a time: most of the work is waiting for small files. */
const SAVED_AT_ONCE = 4
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
  /** Looks whether rows have died that hold much. */
  readonly #garbageLook: DelayedTask | undefined
  /** Removes files of segments whose memory was given back. */
  readonly #filesTurn: DelayedTask | undefined
  readonly #freed = new FreedSegments()
  readonly #logBytesMax: number
  /** Bytes of rows since it was last looked for dead segments. */
  #rowBytes = 0
  /** At so many bytes of log the next checkpoint is due. */
  #dueBytes: number
  #newest: KeptCheckpoint | undefined
  /** Bytes of log since the last checkpoint was captured. */
  #loggedBytes: number
  #isAsked = false
  /** Whether segments were marked as freed whose files are still there. */
  #hasFreed = false
  /** Whether the newest checkpoint counts, and the log behind it or files are still to go. */
  #isUnfinished = false
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
    this.#dueBytes = this.#logBytesMax
    if (triggers) {
      const delayMs = Math.min(GARBAGE_DELAY_MS, triggers.intervalMs)
      this.#timer = new DelayedTask(triggers.intervalMs, () => this.#ask())
      this.#garbageLook = new DelayedTask(delayMs, () => this.#lookForGarbage())
      this.#filesTurn = new DelayedTask(delayMs, () => this.#ask())
    }
    options.log.watch((records, rowBytes) => {
      for (const { bytes } of records) this.#loggedBytes += bytes.byteLength
      this.#rowBytes += rowBytes
      this.#askIfDue()
    })
    this.#askIfDue()
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

  /** Gives the memory of evicted segments back, as soon as nobody looks at it. Never throws. */
  freeEvicted(state: CollectionState): void {
    const { log, onFailed } = this.#options
    freeEvicted(state, { log, freed: this.#freed }).catch((error: unknown) => {
      if (!log.poison) onFailed(error)
    })
  }

  /** Whether the memory of a segment is about to be given back. */
  isFreeing(state: CollectionState, index: number): boolean {
    return this.#freed.isWaiting(state, index)
  }

  /** Resolves when all memory was given back that reads under way hold. */
  whenFreed(): Promise<void> {
    return this.#freed.whenFreed()
  }

  /** Says that an index may have other lists, which the next checkpoint is to write. */
  noteLists(state: CollectionState): void {
    const lists = state.codes?.set
    if (this.#isClosed || lists === undefined) return
    if (this.#options.factory.listFile(state)?.has(lists) === false) this.#timer?.schedule()
  }

  /** Runs a task during which no checkpoint is made and no file of one is removed. */
  hold<T>(task: () => Promise<T>): Promise<T> {
    return this.#turns.run(task)
  }

  /** Ends the background work and makes a last checkpoint, unless the log is poisoned. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const task of [this.#timer, this.#garbageLook, this.#filesTurn]) task?.cancel()
    await this.#turns.idle()
    if (this.#options.triggers) {
      await this.#inBackground()
      // Files go once two checkpoints do not need them.
      if (this.#hasFreed) await this.#inBackground()
    }
    this.#freed.close()
  }

  #askIfDue(): void {
    if (this.#isClosed || this.#loggedBytes === 0) return
    if (this.#loggedBytes >= this.#dueBytes || this.#hasGarbage()) {
      this.#ask()
    } else {
      this.#timer?.schedule()
      this.#garbageLook?.schedule()
    }
  }

  #lookForGarbage(): void {
    const { states } = this.#options.source
    const isDue = isGarbageDue(states, (state, index) => this.#freed.isWaiting(state, index))
    if (isDue || this.#areFilesDue(this.#newest)) this.#ask()
  }

  /** Whether segments were freed that a checkpoint still has, whose files are much. */
  #areFilesDue(checkpoint: KeptCheckpoint | undefined): boolean {
    const { source, directory } = this.#options
    if (directory === undefined) return false
    return areFilesDue(source.states, ({ id }) => freedSegmentsOf(checkpoint, id).length)
  }

  /** Whether rows that died hold whole segments. Looks only after so many bytes of rows. */
  #hasGarbage(): boolean {
    if (this.#rowBytes < GARBAGE_ROW_BYTES || !this.#options.triggers) return false
    this.#rowBytes = 0
    return this.#options.source.states.some(
      (state) =>
        state.freedSegments.size > freedSegmentsOf(this.#newest, state.id).length ||
        deadSegments(state).some((index) => !this.#freed.isWaiting(state, index)),
    )
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
      // The log grows until one succeeds: tried again after as much of it, or as much time.
      this.#dueBytes = this.#loggedBytes + this.#logBytesMax
      if (!this.#isClosed) this.#timer?.schedule()
      if (!this.#options.log.poison) this.#options.onFailed(error)
    }
  }

  async #checkpoint(): Promise<void> {
    const { log, source, wal, directory, factory, onCheckpoint } = this.#options
    const startMs = nowMs()
    let loggedBytes = 0
    const capture = await log.barrier((lsn) => {
      loggedBytes = this.#loggedBytes
      return captureDatabase(source, lsn)
    })
    const isNew = capture.lsn !== (this.#newest?.lsn ?? 0n)
    if (!isNew && !this.#hasFreed && !this.#isUnfinished) {
      endCapture(capture)
      return saveLists(capture, factory)
    }
    const before = this.#newest
    const written = await this.#write(capture).finally(() => endCapture(capture))
    this.#newest = written
    this.#isUnfinished = true
    this.#loggedBytes -= loggedBytes
    this.#dueBytes = this.#logBytesMax
    const keptFrom = directory ? before?.lsn : capture.lsn
    if (keptFrom !== undefined) {
      await log.orPoison('cut the log', () => wal.truncateBefore(keptFrom + 1n))
    }
    await this.#tidyUp(capture, written, before)
    this.#isUnfinished = false
    await saveLists(capture, factory)
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
    const { collections } = capture
    const saved: (CheckpointedCollection | undefined)[] = []
    await runAtOnce({ count: collections.length, atOnce: SAVED_AT_ONCE }, async (index) => {
      const captured = collections[index] as CapturedCollection
      const { id } = captured.state
      const before = this.#newest?.segments.get(id) ?? []
      const columns = factory.columnFiles(id)
      saved[index] = await saveCollection({ captured, before, log, columns })
      captured.leave()
    })
    return saved.filter((each) => each !== undefined)
  }

  /** Removes what no checkpoint needs any more. */
  async #tidyUp(
    { collections }: Capture,
    written: KeptCheckpoint,
    before: KeptCheckpoint | undefined,
  ): Promise<void> {
    const { directory, factory } = this.#options
    await directory?.removeOthers(before ? [written.number, before.number] : [written.number])
    let hasFreed = false
    for (const { state } of collections) {
      const freed = freedSegmentsOf(written, state.id)
      const freedBefore = freedSegmentsOf(before, state.id)
      const isDone = await this.#freed.freeFiles(state, freedBefore, factory.columnFiles(state.id))
      hasFreed ||= !isDone || freed.length > freedBefore.length
      this.#freeMemory(state, freed)
    }
    this.#hasFreed = hasFreed
    // The memory of evicted segments went before: nothing else asks for the next checkpoint.
    if (!this.#isClosed && this.#areFilesDue(before)) this.#filesTurn?.schedule()
  }

  /** Not waited for: a walk that its caller goes on with only now and then may hold it for long. */
  #freeMemory(state: CollectionState, indexes: readonly number[]): void {
    const freed = this.#freed.freeMemory(state, indexes)
    // Files follow in the next checkpoint.
    const goOn = (wasFreed: boolean): void => {
      if (wasFreed && !this.#isClosed) this.#filesTurn?.schedule()
    }
    freed.then(goOn).catch(this.#options.onFailed)
  }
}

/**
 * Makes the lists of one index, one build at a time: in the background as the plan says, and when
 * somebody asks. A build works on the rows as they are when it begins, and is handed over whole.
 * It gives up when memory is needed for rows, and is of no use once rows that lists leave out are
 * alive again.
 */

import { settledOrAborted } from '../abort.js'
import { nowMs } from '../clock.js'
import { blockFloor } from '../code-layout.js'
import type { Lease } from '../contract/index.js'
import { hasCode, StateError } from '../errors.js'
import type { BuildEvent } from '../observe/events.js'
import { buildInput } from './build-input.js'
import type { ClusterProgress } from './cluster/cluster-input.js'
import type { ClusterRunner } from './cluster/cluster-runner.js'
import { type Build, CurrentBuild } from './current-build.js'
import { HugePages } from './huge-pages.js'
import { ListSet } from './list-set.js'
import type { IndexedCollection, IndexedRows, MaintainedIndex } from './maintained-index.js'
import { hasGrown, type MaintenanceTask, planMaintenance } from './maintenance-plan.js'
import { QuerySchedule } from './query-schedule.js'
import type { RecentQueries } from './recent-queries.js'
import type { CodeTailOptions } from './tail-work.js'

/** Rows below which lists are not made, whoever asks. */
const CLUSTERED_ROWS_MIN = 8192
/** After a build failed, rows must grow by so much before the next one. */
const RETRY_GROWTH = 1.25

/**
 * How a build is watched.
 *
 * @internal
 */
export interface BuildOptions {
  readonly signal: AbortSignal
  readonly onProgress?: ((progress: ClusterProgress) => void) | undefined
}

/**
 * What maintenance is made of.
 *
 * @internal
 */
export interface ListMaintenanceOptions extends CodeTailOptions {
  /** Told of every build. */
  readonly onBuild: (event: BuildEvent) => void
  /** Makes the lists. */
  readonly clusters: Pick<ClusterRunner, 'run' | 'noteIngest' | 'whenCalm'>
}

/**
 * Makes the lists of one index.
 *
 * @internal
 */
export class ListMaintenance {
  readonly #options: ListMaintenanceOptions
  readonly #index: MaintainedIndex
  readonly #pages: HugePages
  /** Rows with which lists did not pay. */
  #futile: IndexedRows | undefined
  /** Those with which the last build failed. */
  #failed: IndexedRows | undefined
  readonly #queries: RecentQueries
  readonly #schedule: QuerySchedule
  /** Those who wait for lists, and are told how far builds have come. */
  readonly #watchers = new Set<(progress: ClusterProgress) => void>()
  #hasWarned = false
  #isOver = false
  #underWay: Promise<void> | undefined
  readonly #current = new CurrentBuild()

  constructor(options: ListMaintenanceOptions, index: MaintainedIndex, queries: RecentQueries) {
    this.#options = options
    this.#index = index
    this.#pages = new HugePages(options.kernels, options.store)
    this.#queries = queries
    this.#schedule = new QuerySchedule(queries)
  }

  /** Whether maintenance would learn from what was asked. */
  get isCalibrationDue(): boolean {
    return this.#index.set !== undefined && this.#schedule.isDue
  }

  /** Whether lists are being made of such rows, or will be without anybody asking for it. */
  areListsDue(rows: IndexedRows): boolean {
    return this.#nextTask(rows) === 'cluster'
  }

  /**
   * Does what there is to do, unless somebody is at it already: undefined then. Never throws.
   *
   * @param signal - ends it half way
   */
  maintain(collection: IndexedCollection, signal: AbortSignal): Promise<void> | undefined {
    if (this.#underWay !== undefined) {
      // Whoever waits wants it, whoever began it.
      if (this.#watchers.size === 0) this.#current.giveUpIfDead(collection.rows())
      return undefined
    }
    this.#underWay = this.#maintain(collection, signal).then(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  /**
   * Puts all rows into the best lists, and learns how to search them from all that was asked.
   *
   * @throws the reason of the signal; `SLUICE_LIMIT_EXCEEDED` when there is no memory
   */
  async optimize(collection: IndexedCollection, options: BuildOptions): Promise<void> {
    const failed = new AbortController()
    const signal = AbortSignal.any([options.signal, failed.signal])
    const watch = (progress: ClusterProgress): void => {
      try {
        options.onProgress?.(progress)
      } catch (error) {
        failed.abort(error)
      }
    }
    this.#watchers.add(watch)
    try {
      const rows = collection.rows()
      this.#current.giveUpIfPartial(rows, this.#isOptimal(rows))
      // What is under way then is all that there is to do, or not ours to end.
      while (this.#underWay !== undefined) await settledOrAborted(this.#underWay, signal)
      const run = this.#optimize(collection, signal)
      // Whoever maintains waits for it, and is not told how it ended.
      this.#underWay = run.catch(() => undefined)
      await run.finally(() => {
        this.#underWay = undefined
      })
    } catch (error) {
      throw failed.signal.aborted ? failed.signal.reason : error
    } finally {
      this.#watchers.delete(watch)
    }
  }

  /** Gives up a build under way, which holds rows and takes memory, until rows have come in. */
  yield(): void {
    const message = 'lists were not made: their memory was needed for rows'
    this.#current.interrupt(new StateError('SLUICE_LIMIT_EXCEEDED', message))
  }

  /** Gives up a build under way, whose lists would leave out rows. The next one may follow. */
  discard(): void {
    this.#futile = undefined
    this.#current.interrupt(new DOMException('rows are alive again that were dead', 'AbortError'))
  }

  /** Gives up for good. */
  end(): void {
    this.#isOver = true
    this.#current.interrupt(new DOMException('the collection was closed', 'AbortError'))
  }

  async #maintain(collection: IndexedCollection, signal: AbortSignal): Promise<void> {
    const isOver = (): boolean => signal.aborted || this.#isOver
    for (;;) {
      await this.#index.catchUp(collection.rows().visibleRows, isOver)
      // Lists that are made of all rows at once need not be made of fewer before.
      await this.#options.clusters.whenCalm(signal)
      // Whoever waits puts all rows into lists, and rows that come and go make ever new tasks here.
      if (isOver() || this.#watchers.size > 0) return
      const task = this.#nextTask(collection.rows())
      if (task === undefined) {
        if (!(await this.#pages.moveNext(this.#index))) return
        continue
      }
      const stopped = this.#current.signal
      try {
        await this.#build({ task, isAsked: false }, collection, signal)
      } catch (error) {
        const isRefused = !stopped.aborted || hasCode(stopped.reason, 'SLUICE_LIMIT_EXCEEDED')
        if (isRefused) this.#failed = collection.rows()
        if (!signal.aborted && !stopped.aborted) this.#warn(error)
      }
    }
  }

  async #optimize(collection: IndexedCollection, signal: AbortSignal): Promise<void> {
    await this.#index.catchUp(collection.rows().visibleRows, () => signal.aborted)
    signal.throwIfAborted()
    const rows = collection.rows()
    if (rows.aliveRows < CLUSTERED_ROWS_MIN) return
    const isOptimal = this.#isOptimal(rows)
    if (isOptimal && (this.#index.set === undefined || !this.#schedule.hasNews)) return
    const task = isOptimal ? 'calibrate' : 'cluster'
    await this.#build({ task, isAsked: true }, collection, signal)
  }

  #isOptimal({ visibleRows, aliveRows }: IndexedRows): boolean {
    const { set } = this.#index
    if (set === undefined) return this.#futile?.visibleRows === visibleRows
    const { rowCount, clusteredRows } = set.lists
    const isWhole = rowCount === clusteredRows && rowCount === blockFloor(visibleRows)
    return isWhole && aliveRows - (visibleRows - rowCount) >= set.aliveRows
  }

  #nextTask({ visibleRows, aliveRows }: IndexedRows): MaintenanceTask | undefined {
    if (!hasGrown(visibleRows, this.#failed, RETRY_GROWTH)) return undefined
    return planMaintenance({
      rowCount: blockFloor(visibleRows),
      aliveRows,
      current: this.#index.set,
      futile: this.#futile,
      isCalibrationDue: this.isCalibrationDue,
    })
  }

  async #build(
    { task, isAsked }: Pick<Build, 'task' | 'isAsked'>,
    collection: IndexedCollection,
    signal: AbortSignal,
  ): Promise<void> {
    const { clusters, allocator, kernels } = this.#options
    const current = task === 'cluster' ? undefined : this.#index.set
    const now = collection.rows()
    const listed = task === 'calibrate' ? current?.lists.rowCount : undefined
    const rowCount = listed ?? blockFloor(now.visibleRows)
    const from = current?.lists
    const alive = collection.aliveMask()
    const queries = this.#queries.packed()
    const input = buildInput(this.#options, this.#index, { rowCount, alive, from, queries })
    const startMs = nowMs()
    this.#schedule.settle()
    const aliveRows = now.aliveRows - (now.visibleRows - rowCount)
    this.#current.begin({ task, rowCount, aliveRows, isAsked })
    const stopped = this.#current.signal
    const unpin = collection.pin()
    const leave = current?.enter()
    const leases: Lease[] = []
    const tell = this.#tellerSince(startMs)
    const allocate = async (byteLength: number): Promise<Uint8Array> => {
      const lease = allocator.allocate(byteLength)
      leases.push(lease)
      kernels.memory?.adviseHugePages(lease.bytes)
      return lease.bytes
    }
    try {
      const { lists, calibration } = await clusters.run(input, {
        allocate,
        signal: AbortSignal.any([signal, stopped]),
        onProgress: (progress) => {
          if (progress.rowsTotal === 0) return
          tell(progress)
          for (const watch of this.#watchers) watch(progress)
        },
      })
      stopped.throwIfAborted()
      const end = { rowsDone: rowCount, rowsTotal: rowCount }
      if (current && lists === current.lists) {
        current.calibration = calibration
        current.calibratedRows = current.aliveOf(now.visibleRows, now.aliveRows)
        this.#schedule.rest(nowMs() - startMs)
        tell({ stage: 'done', ...end })
        return
      }
      this.#futile = calibration.listsPay ? undefined : now
      const built = { lists, calibration, leases: leases.slice(), aliveRows }
      this.#index.adopt(calibration.listsPay ? new ListSet(kernels, built) : undefined)
      if (calibration.listsPay) leases.length = 0
      tell({ stage: calibration.listsPay ? 'done' : 'futile', ...end })
    } finally {
      this.#current.finish()
      unpin()
      leave?.()
      for (const lease of leases) lease.release()
    }
  }

  /** Tells of a build that began then. */
  #tellerSince(startMs: number): (event: Omit<BuildEvent, 'collection' | 'durationMs'>) => void {
    const { name: collection, onBuild } = this.#options
    return (event) => onBuild({ collection, ...event, durationMs: nowMs() - startMs })
  }

  #warn(error: unknown): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    const { name, warn } = this.#options
    const isRefused = hasCode(error, 'SLUICE_LIMIT_EXCEEDED')
    const reason = isRefused ? 'there is no memory for lists' : 'lists could not be made'
    const message = `collection "${name}": ${reason}; searches go on without`
    const details = { collection: name, cause: error }
    warn({ code: 'SLUICE_WARN_LISTS_NOT_MADE', message, details })
  }
}

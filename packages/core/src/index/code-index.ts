/**
 * The index of one collection: lists of rows around centroids, and the codes of all rows that came
 * later, the tail. Lists are made beside everything else, from rows that are visible, and replace
 * those before them at one moment; the tail then begins behind them.
 * Invariant: every alive visible row is in lists, has a code in the tail, or is compared exactly.
 */

import { CodeTail } from './code-tail.js'
import type {
  HeldCodeView,
  IndexStats,
  ListView,
  SegmentCodeMemory,
  SegmentCodes,
} from './code-view.js'
import {
  type BuildOptions,
  ListMaintenance,
  type ListMaintenanceOptions,
} from './list-maintenance.js'
import { ListPlans } from './list-plans.js'
import type { ListSet } from './list-set.js'
import type { IndexedCollection } from './maintained-index.js'
import { RecentQueries } from './recent-queries.js'
import { RegionSlots } from './region-slots.js'
import { TailPlans } from './tail-plans.js'
import type { TailCodes } from './tail-view.js'

/**
 * The index of one collection.
 *
 * @internal
 */
export class CodeIndex {
  readonly #options: ListMaintenanceOptions
  readonly #tail: CodeTail
  readonly #queries: RecentQueries
  readonly #tailPlans: TailPlans
  readonly #listPlans = new ListPlans()
  readonly #maintenance: ListMaintenance
  /** Raw rows, by segment. */
  readonly #rowRegions: RegionSlots
  readonly #freed = new Set<number>()
  /** Segments before were freed. */
  #firstSegment = 0
  /** Of `#rowRegions`, by segment. */
  #handles = new Uint32Array(0)
  /** How many of them are as they are now. */
  #handledSegments = 0
  #set: ListSet | undefined

  constructor(options: ListMaintenanceOptions) {
    this.#options = options
    this.#tail = new CodeTail(options)
    this.#rowRegions = new RegionSlots(options.kernels)
    this.#queries = new RecentQueries(options.kernels, options.store.stride)
    const maintenance = new ListMaintenance(options, this, this.#queries)
    this.#maintenance = maintenance
    this.#tailPlans = new TailPlans({
      ...options,
      tail: this.#tail,
      index: this,
      queries: this.#queries,
      areListsDue: (rows) => maintenance.areListsDue(rows),
    })
  }

  /** The lists there are. */
  get set(): ListSet | undefined {
    return this.#set
  }

  /** Says that rows below `toRow` are final, and encodes about as many as came in. Never throws. */
  seal(toRow: number): void {
    const { clusters, store } = this.#options
    clusters.noteIngest(this.#tail.seal(toRow) * store.stride)
  }

  /** Resolves when threads that encode are not far behind; undefined when they are not. */
  whenNear(): Promise<void> | undefined {
    return this.#tail.whenNear()
  }

  /**
   * Resolves when no thread touches rows or codes any more that were freed before the call;
   * undefined when none does.
   */
  whenQuiet(): Promise<void> | undefined {
    return this.#tail.whenQuiet()
  }

  /** Encodes all rows below `toRow`, which are final, in steps short enough for the event loop. */
  catchUp(toRow: number, isOver: () => boolean): Promise<void> {
    return this.#tail.catchUp(toRow, isOver)
  }

  /**
   * Does what there is to do, in the background: encodes rows that have no code, makes lists, adds
   * rows to them, learns from queries. Leaves out what is under way already: undefined where that
   * is all. Never throws.
   *
   * @param signal - ends it half way
   */
  maintain(collection: IndexedCollection, signal: AbortSignal): Promise<void> | undefined {
    const learning = this.#tailPlans.maintain(collection, signal)
    const building = this.#maintenance.maintain(collection, signal)
    return learning === undefined ? building : learning.then(() => building)
  }

  /**
   * Puts all rows into the best lists.
   *
   * @throws the reason of the signal; `SLUICE_LIMIT_EXCEEDED` when there is no memory
   */
  optimize(collection: IndexedCollection, options: BuildOptions): Promise<void> {
    return this.#maintenance.optimize(collection, options)
  }

  /** Remembers what was asked, one packed row; says whether maintenance would learn from it. */
  noteQuery(query: Uint8Array): boolean {
    this.#queries.add(query)
    return this.#maintenance.isCalibrationDue || this.#tailPlans.isDue
  }

  /** Forgets the codes of rows from `rowCount` on, which others will take the place of. */
  rewind(rowCount: number): void {
    const { rowsPerSegment } = this.#options.store
    this.#dropRegionsFrom(Math.ceil(rowCount / rowsPerSegment))
    if (!this.#tail.hasSample(rowCount)) this.restart()
    this.#tail.rewind(rowCount)
  }

  /** Forgets all codes and lists: rows are alive again that lists may not have. */
  restart(): void {
    this.#maintenance.discard()
    this.adopt(undefined)
    this.#tail.restart()
  }

  /** Forgets the codes of a segment that was freed. */
  freeSegment(segment: number): void {
    this.#freed.add(segment)
    this.#tail.freeSegment(segment)
    this.#rowRegions.drop(segment)
    this.#handledSegments = Math.min(this.#handledSegments, segment)
    while (this.#freed.has(this.#firstSegment)) this.#firstSegment += 1
    this.#dropDeadLists()
  }

  /** Whether a segment was freed. */
  isFreed(segment: number): boolean {
    return this.#freed.has(segment)
  }

  /** Puts lists in place of those there are; without any, all rows go to the tail. */
  adopt(set: ListSet | undefined): void {
    const before = this.#set
    this.#set = set
    before?.retire()
    if (set === undefined) {
      if (before !== undefined) this.#tail.restart()
      return
    }
    this.#tail.startAt(set.lists.rowCount, set.lists.space)
    this.#dropDeadLists()
  }

  /** Gives up a build under way, for those who need memory more, until rows have come in. */
  yield(): void {
    this.#maintenance.yield()
    this.#tailPlans.yield()
  }

  /** Gives some memory back, for those who need it more; false: there was none. */
  trim(): boolean {
    this.#tailPlans.yield()
    if (this.#tail.trim()) return true
    if (this.#set === undefined) return false
    this.restart()
    this.#tail.refuse()
    return true
  }

  /** The index, for searches that see rows below `visibleRows`; undefined while there is none. */
  view(visibleRows: number, aliveRows: number): HeldCodeView | undefined {
    const set = this.#set
    // Codes of fewer rows may be forgotten, and others made in another space.
    if (set === undefined && !this.#tail.hasSample(visibleRows)) return undefined
    const listedRows = this.#tail.firstRow
    const tail = this.#tail.view(visibleRows)
    const leave = set?.enter()
    return {
      lists: set && listViewOf(set),
      listedRows,
      plan: set
        ? this.#listPlans.of(set, set.aliveOf(visibleRows, aliveRows))
        : this.#tailPlans.plans({ visibleRows, aliveRows }),
      segmentHandles: (rowCount) => this.#segmentHandles(rowCount),
      codesOf: (segment) => segmentCodesOf(tail.codes[segment]),
      memory: () => ({ lists: set?.lists, listedRows, tail: Array.from(tail.codes, memoryOf) }),
      end: () => {
        tail.end()
        leave?.()
      },
    }
  }

  /** What it holds, now. */
  stats(): IndexStats {
    const listedRows = this.#set?.aliveRows ?? 0
    return {
      encodedRows: listedRows + this.#tail.countRows(),
      listedRows,
      lists: this.#set?.listCount ?? 0,
      memoryBytes: this.#tail.byteLength + (this.#set?.byteLength ?? 0),
    }
  }

  /** Gives all memory back. */
  release(): void {
    this.#maintenance.end()
    this.#tailPlans.end()
    this.restart()
    this.#tail.release()
    this.#dropRegionsFrom(0)
  }

  /** Lists of freed rows alone: all others have codes in the tail. */
  #dropDeadLists(): void {
    const set = this.#set
    const firstRow = this.#firstSegment * this.#options.store.rowsPerSegment
    if (set === undefined || firstRow < set.lists.rowCount) return
    this.#set = undefined
    set.retire()
  }

  #segmentHandles(rowCount: number): Uint32Array {
    const { store } = this.#options
    const segmentCount = Math.ceil(rowCount / store.rowsPerSegment)
    if (this.#handles.length < segmentCount) {
      const handles = new Uint32Array(2 * segmentCount)
      handles.set(this.#handles)
      this.#handles = handles
    }
    for (; this.#handledSegments < segmentCount; this.#handledSegments++) {
      const segment = this.#handledSegments
      this.#handles[segment] = this.#freed.has(segment)
        ? 0
        : this.#rowRegions.handleOf(segment, store.segment(segment).bytes)
    }
    return this.#handles
  }

  #dropRegionsFrom(segment: number): void {
    this.#rowRegions.dropFrom(segment)
    this.#handledSegments = Math.min(this.#handledSegments, segment)
  }
}

function segmentCodesOf(codes: TailCodes | undefined): SegmentCodes | undefined {
  if (codes === undefined) return undefined
  const { chunk, from, to } = codes
  return { space: chunk.space, handle: chunk.handle, from, to }
}

function memoryOf(codes: TailCodes | undefined): SegmentCodeMemory | undefined {
  if (codes === undefined) return undefined
  const { chunk, from, to } = codes
  return { space: chunk.space, bytes: chunk.bytes, from, to }
}

function listViewOf({ listCount, lists, search }: ListSet): ListView {
  return { space: lists.space, lists: search, listCount }
}

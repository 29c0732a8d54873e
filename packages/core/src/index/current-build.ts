/**
 * The build of lists that is under way, if there is one: which rows it is of, and who ends it.
 * What is begun in the background may be given up; what somebody asked for is theirs.
 */

import { blockFloor } from '../code-layout.js'
import type { IndexedRows } from './maintained-index.js'
import type { MaintenanceTask } from './maintenance-plan.js'

/** A build is given up when fewer of its rows are left: it keeps the memory of dead ones. */
const KEPT_MIN = 0.75
/** The same after one that was short of rows: where they go so fast there would never be lists. */
const KEPT_LEAST = 0.25

/**
 * A build.
 *
 * @internal
 */
export interface Build {
  readonly task: MaintenanceTask
  /** Rows below are put into lists, … */
  readonly rowCount: number
  /** … so many of which were alive when it began. */
  readonly aliveRows: number
  /** Whether somebody waits for it who asked for it. */
  readonly isAsked: boolean
}

/**
 * The build under way.
 *
 * @internal
 */
export class CurrentBuild {
  #build: Build | undefined
  #stop = new AbortController()
  /** Whether too few rows are left of the build under way, … */
  #isShort = false
  /** … and whether too few were of the one before. */
  #wasShort = false

  /** Of the build under way, or of the next one. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Says that a build has begun. */
  begin(build: Build): void {
    this.#build = build
    this.#isShort = false
  }

  /** Says that it is over, however it ended. */
  finish(): void {
    this.#build = undefined
    this.#wasShort = this.#isShort
  }

  /** Ends it. The next one may follow. */
  interrupt(reason: unknown): void {
    this.#stop.abort(reason)
    this.#stop = new AbortController()
  }

  /** Gives up what was begun in the background when most of it is dead: it only holds memory. */
  giveUpIfDead({ visibleRows, aliveRows }: IndexedRows): void {
    const build = this.#build
    if (build === undefined || build.isAsked) return
    const aliveMin = aliveRows - (visibleRows - build.rowCount)
    this.#isShort ||= aliveMin < KEPT_MIN * build.aliveRows
    const keptMin = this.#wasShort ? KEPT_LEAST : KEPT_MIN
    if (aliveMin < keptMin * build.aliveRows) this.#giveUp('most rows of the lists have died')
  }

  /**
   * Gives up what was begun in the background when lists of all rows are to be made, and it makes
   * others.
   *
   * @param isOptimal - whether the lists there are have all rows already
   */
  giveUpIfPartial({ visibleRows }: IndexedRows, isOptimal: boolean): void {
    const build = this.#build
    if (build === undefined || build.isAsked) return
    const isOfAll = build.task === 'cluster' && build.rowCount === blockFloor(visibleRows)
    if (!isOfAll && !isOptimal) this.#giveUp('lists of all rows are made instead')
  }

  #giveUp(message: string): void {
    this.#build = undefined
    this.interrupt(new DOMException(message, 'AbortError'))
  }
}

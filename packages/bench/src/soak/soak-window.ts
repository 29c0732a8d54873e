/** What a window of a soak is made of, and how it comes from what was summed up. */

import { availableParallelism } from 'node:os'
import {
  type CountedWindow,
  type Counters,
  OPERATIONS,
  type Operation,
  type OperationTime,
} from './causes.js'
import { type WindowGrid, WindowSums } from './window-sums.js'

/** What is summed up beside the time of operations. */
const SUMS = [
  'bytes',
  'gcMinorMs',
  'gcMajorMs',
  'gcOtherMs',
  'minorFaults',
  'majorFaults',
  'userMs',
  'systemMs',
  'waitMs',
  'busyMs',
  'ioWaitMs',
  'hostMs',
  'discardMs',
  'flushMs',
  'activeMs',
  'heldMs',
  'buildMs',
  'checkpointMs',
  'probeMs',
] as const

/**
 * The name of a sum.
 *
 * @internal
 */
export type SumName = (typeof SUMS)[number]

/**
 * All sums by window.
 *
 * @internal
 */
export interface SoakSums {
  readonly grid: WindowGrid
  readonly plain: Readonly<Record<SumName, WindowSums>>
  /** Time in operations, in milliseconds. */
  readonly busy: Readonly<Record<Operation, WindowSums>>
  /** The same, each weighted with its latency. */
  readonly weighted: Readonly<Record<Operation, WindowSums>>
  /** Resident bytes at the end of a window; 0 where nobody looked. */
  readonly rss: Float64Array
}

/**
 * A window.
 *
 * @internal
 */
export interface SoakWindow extends CountedWindow {
  /** Since the first began. */
  readonly startMs: number
  /** Whether what watches held the event loop itself, in this window or the one before. */
  readonly isDisturbed: boolean
  /** Of its end. */
  readonly rssBytes: number
  /** Everything that was counted. */
  readonly sums: Readonly<Record<SumName, number>>
}

/**
 * Sums of nothing yet.
 *
 * @internal
 */
export function createSums(grid: WindowGrid): SoakSums {
  const sumsOf = <Name extends string>(names: readonly Name[]): Record<Name, WindowSums> =>
    Object.fromEntries(names.map((name) => [name, new WindowSums(grid)])) as Record<
      Name,
      WindowSums
    >
  return {
    grid,
    plain: sumsOf(SUMS),
    busy: sumsOf(OPERATIONS),
    weighted: sumsOf(OPERATIONS),
    rss: new Float64Array(grid.count),
  }
}

/**
 * The windows.
 *
 * @param sums - complete
 * @param faultCostMs - what a page fault costs
 * @internal
 */
export function windowsOf(sums: SoakSums, faultCostMs: number): SoakWindow[] {
  const { grid, plain, rss } = sums
  const cores = availableParallelism()
  const windows: SoakWindow[] = []
  let rssBytes = rss.find((bytes) => bytes > 0) ?? 0
  for (let index = 0; index < grid.count; index++) {
    const all = Object.fromEntries(SUMS.map((name) => [name, plain[name].at(index)]))
    const ofWindow = all as Record<SumName, number>
    const counters = countersOf(ofWindow, faultCostMs, cores)
    const before = windows.at(-1)
    rssBytes = rss[index] || rssBytes
    windows.push({
      startMs: index * grid.windowMs,
      bytes: ofWindow.bytes,
      counters: { ...counters, operations: operationsOf(sums, index) },
      before: before?.counters,
      isDisturbed: ofWindow.probeMs > 0 || (before?.sums.probeMs ?? 0) > 0,
      rssBytes,
      sums: ofWindow,
    })
  }
  return windows
}

function countersOf(
  sums: Readonly<Record<SumName, number>>,
  faultCostMs: number,
  cores: number,
): Omit<Counters, 'operations'> {
  // The main thread waits for a core that somebody has: others, or threads of its own process.
  const othersMs = Math.max(0, sums.busyMs - sums.userMs - sums.systemMs)
  const othersShare = sums.busyMs > 0 ? othersMs / sums.busyMs : 0
  return {
    gcMs: sums.gcMinorMs + sums.gcMajorMs + sums.gcOtherMs,
    faultMs: (sums.minorFaults + sums.majorFaults) * faultCostMs,
    noCoreMs: Math.min(sums.hostMs / cores + sums.waitMs * othersShare, sums.activeMs),
    indexMs: Math.min(sums.buildMs, sums.activeMs),
    checkpointMs: sums.checkpointMs,
    discardMs: sums.discardMs,
    flushMs: sums.flushMs,
    heldMs: sums.heldMs,
  }
}

function operationsOf(
  { busy, weighted }: SoakSums,
  index: number,
): Readonly<Record<Operation, OperationTime>> {
  const entries = OPERATIONS.map((operation): [Operation, OperationTime] => {
    const busyMs = busy[operation].at(index)
    const latencyMs = busyMs > 0 ? weighted[operation].at(index) / busyMs : 0
    return [operation, { busyMs, latencyMs }]
  })
  return Object.fromEntries(entries) as Record<Operation, OperationTime>
}

/** The figures and series of benchmark `soak`. */

import { Figures, median, percentile } from '../figures.js'
import { addUse } from '../probe/meter.js'
import type { TimeSpan } from '../time-span.js'
import { CAUSES, type Cause, OPERATIONS } from './causes.js'
import type { SoakResult } from './measure-soak.js'
import { type NamedCause, nameCauses } from './name-causes.js'
import type { SoakWindow } from './soak-window.js'

const MEGABYTE = 1e6

/**
 * A window with its name.
 *
 * @internal
 */
export interface JudgedWindow {
  readonly window: SoakWindow
  /** Undefined where it was not slow. */
  readonly named: NamedCause | undefined
}

/**
 * The windows that count, judged: those in which nothing but the watching itself held the event
 * loop are left out.
 *
 * @internal
 */
export function judge({ windows, windowMs }: SoakResult): JudgedWindow[] {
  const counting = windows.filter(({ isDisturbed }) => !isDisturbed)
  const names = nameCauses(counting, windowMs)
  return counting.map((window, index) => ({ window, named: names[index] }))
}

/**
 * The figures.
 *
 * @param judged - of {@link judge}; most of them are not empty
 * @param cause - what slow windows during injected faults are to be named after, if there were any
 * @internal
 */
export function soakFigures(
  result: SoakResult,
  judged: readonly JudgedWindow[],
  cause: Cause | undefined,
): Figures {
  const figures = new Figures()
  const { windows, windowMs, use, rows, recall, rowsKept, troubles } = result
  const speeds = judged.map(({ window }) => throughputOf(window, windowMs))
  const typical = median(speeds)
  figures.add('soak.throughput', 'MB/s', mean(speeds))
  figures.add('soak.medianThroughput', 'MB/s', typical)
  figures.add('soak.p1ToMedian', 'ratio', percentile(speeds, 1) / typical)
  figures.add('soak.windows', 'windows', judged.length)
  figures.add('soak.disturbedWindows', 'windows', windows.length - judged.length)
  const slow = judged.filter(({ named }) => named !== undefined)
  figures.add('soak.slowWindows', 'windows', slow.length)
  figures.add('soak.unattributedWindows', 'windows', countOf(slow, 'unknown'))
  for (const each of CAUSES) figures.add(`soak.cause.${each}`, 'windows', countOf(slow, each))
  figures.add('soak.rssGrowth', 'bytes', growth(windows.map(({ rssBytes }) => rssBytes)))
  const diskBytes = diskBytesOf(result)
  figures.add('soak.diskGrowth', 'bytes', growth(diskBytes))
  figures.add('soak.diskMax', 'bytes', Math.max(...diskBytes))
  figures.add('soak.rowsKept', 'rows', rowsKept)
  figures.add('soak.recall', 'share', recall)
  figures.add('soak.errors', 'events', troubles.length)
  if (cause !== undefined) addInjected(figures, result, slow, cause)
  addUse(figures, 'soak', use, Math.max(1, rows))
  return figures
}

/**
 * What was seen over time, one value per window, and the mean latencies of operations under way.
 *
 * @internal
 */
export function soakSeries(
  result: SoakResult,
  judged: readonly JudgedWindow[],
): Readonly<Record<string, readonly number[]>> {
  const { windows, windowMs } = result
  const causes = new Map(judged.map(({ window, named }) => [window, named?.cause]))
  const codeOf = (window: SoakWindow): number => {
    const cause = causes.get(window)
    return cause === undefined ? 0 : CAUSES.indexOf(cause) + 1
  }
  const counter = (name: Exclude<keyof SoakWindow['counters'], 'operations'>): number[] =>
    windows.map(({ counters }) => rounded(counters[name]))
  return {
    throughputPer100Ms: windows.map((window) => rounded(throughputOf(window, windowMs))),
    causePer100Ms: windows.map(codeOf),
    rssBytes: windows.map(({ rssBytes }) => rssBytes),
    diskBytes: diskBytesOf(result),
    gcMs: counter('gcMs'),
    faultMs: counter('faultMs'),
    noCoreMs: counter('noCoreMs'),
    indexMs: counter('indexMs'),
    checkpointMs: counter('checkpointMs'),
    discardMs: counter('discardMs'),
    flushMs: counter('flushMs'),
    heldMs: counter('heldMs'),
    ioWaitMs: windows.map(({ sums }) => rounded(sums.ioWaitMs)),
    systemMs: windows.map(({ sums }) => rounded(sums.systemMs)),
    ...Object.fromEntries(
      OPERATIONS.map((name) => [
        `${name}Ms`,
        windows.map(({ counters }) => rounded(counters.operations[name].latencyMs)),
      ]),
    ),
  }
}

/**
 * MB/s of a window.
 *
 * @internal
 */
export function throughputOf({ bytes }: SoakWindow, windowMs: number): number {
  return bytes / MEGABYTE / (windowMs / 1000)
}

/**
 * Whether any of some spans overlaps with a window.
 *
 * @internal
 */
export function isDuring(
  { startMs }: SoakWindow,
  windowMs: number,
  spans: readonly TimeSpan[],
): boolean {
  return spans.some((span) => span.startMs < startMs + windowMs && startMs < span.endMs)
}

function addInjected(
  figures: Figures,
  { windowMs, faults }: SoakResult,
  slow: readonly JudgedWindow[],
  cause: Cause,
): void {
  const during = slow.filter(({ window }) => isDuring(window, windowMs, faults))
  figures.add('soak.injected.slowWindows', 'windows', during.length)
  figures.add('soak.injected.named', 'windows', countOf(during, cause))
}

function countOf(judged: readonly JudgedWindow[], cause: Cause): number {
  return judged.filter(({ named }) => named?.cause === cause).length
}

/** What the disk held in each window, as far as somebody had looked. */
function diskBytesOf({ windows, windowMs, disk }: SoakResult): number[] {
  let next = 0
  return windows.map(({ startMs }) => {
    while ((disk[next + 1]?.atMs ?? Number.POSITIVE_INFINITY) < startMs + windowMs) next += 1
    return disk[next]?.usage.bytes ?? 0
  })
}

/** From the first tenth of the second half to its last, by their medians; bursts are no growth. */
function growth(values: readonly number[]): number {
  const second = values.slice(Math.floor(values.length / 2))
  if (second.length === 0) return 0
  const tenth = Math.ceil(second.length / 10)
  return median(second.slice(-tenth)) - median(second.slice(0, tenth))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Three decimals: a report is long enough. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}

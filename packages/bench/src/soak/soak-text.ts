/** What a soak found, as lines for people: causes, the worst windows, functions. */

import { formatNumber } from '../report-text.js'
import { textTable } from '../text-table.js'
import { CAUSE_MEANINGS, CAUSES, OPERATIONS } from './causes.js'
import type { SoakResult } from './measure-soak.js'
import { type JudgedWindow, throughputOf } from './soak-figures.js'
import type { SoakWindow } from './soak-window.js'

const WORST_WINDOWS = 10
const FUNCTIONS = 5
const NAME_COLUMNS = 16
const NUMBER_COLUMNS = 14

/**
 * Lays it out.
 *
 * @param judged - of `judge`
 * @returns lines without newlines
 * @internal
 */
export function soakText(result: SoakResult, judged: readonly JudgedWindow[]): string[] {
  const slow = judged.filter(({ named }) => named !== undefined)
  if (slow.length === 0) return ['no window was slow']
  return [
    ...causeTable(slow, result.windowMs),
    '',
    ...worstTable(slow, result.windowMs),
    '',
    ...functionTable(result, judged),
  ]
}

function causeTable(slow: readonly JudgedWindow[], windowMs: number): string[] {
  const rows = CAUSES.flatMap((cause) => {
    const named = slow.filter((each) => each.named?.cause === cause)
    if (named.length === 0) return []
    const speeds = named.map(({ window }) => throughputOf(window, windowMs))
    const shares = named.map((each) => each.named?.share ?? 0)
    const cells = [named.length, Math.min(...speeds), percent(meanOf(shares))]
    return [`${line(cause, cells)}  ${CAUSE_MEANINGS[cause]}`]
  })
  return [
    'why windows were slow; explained: how much of the lost time the cause accounts for',
    `${line('cause', ['slow windows', 'least MB/s', 'explained'])}  that is`,
    ...rows,
  ]
}

function worstTable(slow: readonly JudgedWindow[], windowMs: number): string[] {
  const worst = [...slow].sort((a, b) => a.window.bytes - b.window.bytes).slice(0, WORST_WINDOWS)
  const disk = ['discard', 'flush']
  const counters = ['gc', 'faults', 'index', 'checkpoint', 'no-core', ...disk, 'held']
  const head = ['at s', 'cause', 'MB/s', ...counters, 'log', 'sync', 'write', 'queue']
  const rows = worst.map(({ window, named }) => {
    const cells = [throughputOf(window, windowMs), ...cellsOf(window)].map(tenths)
    return [(window.startMs / 1000).toFixed(1), named?.cause ?? '', ...cells]
  })
  return [
    `the ${worst.length} worst of ${slow.length} slow windows, of equal ones the first, and what`,
    `was counted in their ${windowMs} ms, in ms;`,
    'log, sync, write, queue: the mean latency of an append to the log, a sync and a write of a',
    'segment file, a wait to be let in',
    ...textTable([head, ...rows]).split('\n'),
  ]
}

function cellsOf({ counters }: SoakWindow): number[] {
  const { gcMs, faultMs, noCoreMs, indexMs, checkpointMs, heldMs, operations } = counters
  const { discardMs, flushMs } = counters
  const latencies = OPERATIONS.map((operation) => operations[operation].latencyMs)
  const times = [gcMs, faultMs, indexMs, checkpointMs, noCoreMs, discardMs, flushMs, heldMs]
  return [...times, ...latencies]
}

function functionTable({ functions, windowMs }: SoakResult, judged: readonly JudgedWindow[]) {
  const isSlow = new Set<number>()
  for (const { window, named } of judged) {
    if (named) isSlow.add(Math.round(window.startMs / windowMs))
  }
  const shares = functions.compare((window) => isSlow.has(window), FUNCTIONS)
  return [
    'functions of the main thread that took more of slow windows than of others (CPU profile)',
    line('', ['slow', 'others']),
    ...shares.map(({ name, slow, fast }) => `${line('', [percent(slow), percent(fast)])}  ${name}`),
  ]
}

function line(name: string, cells: readonly (number | string)[]): string {
  const texts = cells.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : cell))
  return name.padEnd(NAME_COLUMNS) + texts.map((text) => text.padStart(NUMBER_COLUMNS)).join('')
}

function tenths(value: number): string {
  return formatNumber(Math.round(value * 10) / 10)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

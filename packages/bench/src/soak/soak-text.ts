/** What a soak found, as lines for people: causes, the worst windows, functions. */

import { formatNumber } from '../report-text.js'
import { CAUSES, OPERATIONS } from './causes.js'
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
    return [line(cause, [named.length, Math.min(...speeds), meanOf(shares)])]
  })
  return [line('cause', ['slow windows', 'least MB/s', 'explained']), ...rows]
}

function worstTable(slow: readonly JudgedWindow[], windowMs: number): string[] {
  const worst = [...slow].sort((a, b) => a.window.bytes - b.window.bytes).slice(0, WORST_WINDOWS)
  const names = ['MB/s', 'gc', 'faults', 'index', 'checkpoint', 'stolen', 'held', ...OPERATIONS]
  return [
    `the ${worst.length} worst windows; milliseconds, of operations the mean latency`,
    `${'at s'.padEnd(8)}${line('cause', names)}`,
    ...worst.map(({ window, named }) => {
      const at = (window.startMs / 1000).toFixed(1).padEnd(8)
      const cells = [throughputOf(window, windowMs), ...cellsOf(window)]
      return `${at}${line(named?.cause ?? '', cells)}`
    }),
  ]
}

function cellsOf({ counters }: SoakWindow): number[] {
  const { gcMs, faultMs, stolenMs, indexMs, checkpointMs, heldMs, operations } = counters
  const latencies = OPERATIONS.map((operation) => operations[operation].latencyMs)
  return [gcMs, faultMs, indexMs, checkpointMs, stolenMs, heldMs, ...latencies]
}

function functionTable({ functions, windowMs }: SoakResult, judged: readonly JudgedWindow[]) {
  const isSlow = new Set<number>()
  for (const { window, named } of judged) {
    if (named) isSlow.add(Math.round(window.startMs / windowMs))
  }
  const shares = functions.compare((window) => isSlow.has(window), FUNCTIONS)
  return [
    'functions of the main thread with the most time in slow windows over that in others',
    line('', ['slow', 'others', '']),
    ...shares.map(({ name, slow, fast }) => `${line('', [percent(slow), percent(fast)])}  ${name}`),
  ]
}

function line(name: string, cells: readonly (number | string)[]): string {
  const texts = cells.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : cell))
  return name.padEnd(NAME_COLUMNS) + texts.map((text) => text.padStart(NUMBER_COLUMNS)).join('')
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

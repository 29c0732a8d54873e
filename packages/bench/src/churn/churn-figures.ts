/** The figures and series of benchmark `churn`. */

import { FILE_KINDS } from '../database/disk-usage.js'
import { Figures, percentile } from '../figures.js'
import { addUse } from '../probe/meter.js'
import { lengthMs, type SplitLengths, splitByOverlap } from '../time-span.js'
import type { Workload } from '../vectors/workload.js'
import type { ChurnResult } from './measure-churn.js'

const MEGABYTE = 1e6
/** A pause that a checkpoint must not make. */
const LONG_PAUSE_MS = 10

/**
 * The figures.
 *
 * @internal
 */
export function churnFigures(workload: Workload, result: ChurnResult): Figures {
  const figures = new Figures()
  const { rowCount } = workload.shape
  const seconds = lengthMs(result.load) / 1000
  figures.add('churn.throughput', 'MB/s', workload.byteLength / MEGABYTE / seconds)
  figures.add('churn.rowsPerSecond', 'rows/s', rowCount / seconds)
  addDisk(figures, result)
  addCheckpoints(figures, result)
  addPauses(figures, result)
  addLatencies(figures, result)
  figures.add('churn.recall', 'share', result.recall)
  figures.add('churn.errors', 'events', result.troubles.length)
  addUse(figures, 'churn', result.use, rowCount)
  return figures
}

/**
 * What was seen over time, one value per sample.
 *
 * @internal
 */
export function churnSeries({
  samples,
  pauses,
  load,
}: ChurnResult): Readonly<Record<string, readonly number[]>> {
  const delays = samples.map(({ atMs }, index) => {
    const window = { startMs: samples[index - 1]?.atMs ?? load.startMs, endMs: atMs }
    return mostOf(splitByOverlap(pauses, [window]).during)
  })
  const byKind = FILE_KINDS.map((kind) => [
    `${kind}Bytes`,
    samples.map(({ usage }) => usage.bytesByKind[kind]),
  ])
  return {
    sampleMs: samples.map(({ atMs }) => atMs - load.startMs),
    ...Object.fromEntries(byKind),
    logLength: samples.map(({ usage }) => usage.lengthByKind.log),
    eventLoopDelayMax: delays,
  }
}

function addDisk(figures: Figures, result: ChurnResult): void {
  const { usageOpen, usageClosed, liveBytes, samples } = result
  figures.add('churn.diskRatio', 'ratio', usageClosed.bytes / liveBytes)
  figures.add('churn.diskLengthRatio', 'ratio', usageClosed.length / liveBytes)
  figures.add('churn.openDiskRatio', 'ratio', usageOpen.bytes / liveBytes)
  figures.add('churn.liveBytes', 'bytes', liveBytes)
  for (const kind of FILE_KINDS) {
    figures.add(`churn.disk.${kind}`, 'bytes', usageClosed.bytesByKind[kind])
    figures.add(`churn.diskLength.${kind}`, 'bytes', usageClosed.lengthByKind[kind])
  }
  const logBytes = samples.map(({ usage }) => usage.bytesByKind.log)
  const logLengths = samples.map(({ usage }) => usage.lengthByKind.log)
  const half = Math.floor(samples.length / 2)
  figures.add('churn.logBytesMax', 'bytes', mostOf(logBytes))
  figures.add('churn.logLengthMax', 'bytes', mostOf(logLengths))
  figures.add('churn.logBytesMaxFirstHalf', 'bytes', mostOf(logBytes.slice(0, half)))
  figures.add('churn.logBytesMaxSecondHalf', 'bytes', mostOf(logBytes.slice(half)))
  const recycled = samples.map(({ usage }) => usage.bytesByKind.recycled)
  figures.add('churn.recycledBytesMax', 'bytes', mostOf(recycled))
}

function addCheckpoints(figures: Figures, { checkpoints, load }: ChurnResult): void {
  figures.add('churn.checkpoints', 'checkpoints', checkpoints.length)
  for (const span of checkpoints) figures.add('churn.checkpointMs', 'ms', lengthMs(span))
  figures.add('churn.checkpointShare', 'share', checkpointMs(checkpoints, load) / lengthMs(load))
}

function addPauses(figures: Figures, { pauses, checkpoints, load }: ChurnResult): void {
  const { during, outside } = splitByOverlap(pauses, checkpoints)
  const duringMs = checkpointMs(checkpoints, load)
  const add = (name: string, lengths: readonly number[], timeMs: number): void => {
    if (timeMs <= 0) return
    const long = lengths.filter((ms) => ms > LONG_PAUSE_MS).length
    figures.add(`churn.pauseMax${name}`, 'ms', mostOf(lengths))
    figures.add(`churn.longPauses${name}`, 'pauses/s', long / (timeMs / 1000))
  }
  add('', during, duringMs)
  add('Outside', outside, lengthMs(load) - duringMs)
}

function addLatencies(figures: Figures, result: ChurnResult): void {
  const { adds, gaps, checkpoints, load } = result
  figures.add('churn.addsPerSecond', 'rows/s', adds.length / (lengthMs(load) / 1000))
  const addsSplit = splitByOverlap(adds, checkpoints)
  const gapsSplit = splitByOverlap(gaps, checkpoints)
  const add = (name: string, when: keyof SplitLengths): void => {
    const { [when]: lengths } = addsSplit
    if (lengths.length === 0) return
    figures.add(`churn.addLatencyP50${name}`, 'ms', percentile(lengths, 50))
    figures.add(`churn.addLatencyP99${name}`, 'ms', percentile(lengths, 99))
    figures.add(`churn.addLatencyMax${name}`, 'ms', percentile(lengths, 100))
    figures.add(`churn.stallMax${name}`, 'ms', mostOf(gapsSplit[when]))
  }
  add('DuringCheckpoint', 'during')
  add('Outside', 'outside')
}

/** How long checkpoints were made while the load went on; they follow each other. */
function checkpointMs(checkpoints: ChurnResult['checkpoints'], load: ChurnResult['load']): number {
  return checkpoints.reduce((sum, { startMs, endMs }) => {
    return sum + Math.max(0, Math.min(endMs, load.endMs) - Math.max(startMs, load.startMs))
  }, 0)
}

/** The greatest, or 0; there may be more of them than a call takes arguments. */
function mostOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0)
}

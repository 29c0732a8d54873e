/** Benchmark `kernels`: every kernel, dtype and instruction set alone, in the caches and not. */

import { DTYPES, type Dtype, LIMITS, METRICS, type Metric } from '@sluice/core'
import type { BenchCommand, BenchOutcome } from '../command.js'
import { Figures } from '../figures.js'
import type { OptionTable, OptionValues } from '../options.js'
import { loadSimsimd, type Simsimd } from '../peer/simsimd.js'
import { probeMemcpy } from '../probe/memory.js'
import { probeRead, readableMemory } from '../probe/memory-read.js'
import { UsageError } from '../usage-error.js'
import { CODE_KERNELS } from './code-kernels.js'
import { availableKernels, ISA_NAMES, type IsaKernels } from './instruction-sets.js'
import { type RowSet, rowsInCache, rowsInMemory } from './row-set.js'
import { simsimdCalls } from './simsimd-calls.js'
import { timeCalls } from './time-calls.js'
import { type CallMaker, type KernelCall, VECTOR_KERNELS } from './vector-kernels.js'

const KERNELS: Readonly<Record<string, CallMaker>> = { ...VECTOR_KERNELS, ...CODE_KERNELS }
const KERNEL_NAMES = Object.keys(KERNELS)
/** What they read is the same whatever the dtype: the first one is enough. */
const ONCE: readonly string[] = ['crc32c', 'scanSums', 'scanBlocks']
/** What simsimd is beside. */
const PAIR_KERNELS: readonly string[] = ['distances', 'pair']
/** Bound by work alone. */
const IN_CACHE_ONLY: readonly string[] = ['buildTables', 'assign']
const MEMORY_BYTES_MIN = 1024
const MEMORY_BYTES_MAX = 2 ** 32
const TIME_MS_MAX = 60_000

const OPTIONS: OptionTable = {
  kernels: { value: 'names', fallback: 'all', help: `some of ${KERNEL_NAMES.join(', ')}` },
  dtypes: { value: 'names', fallback: 'all', help: `some of ${DTYPES.join(', ')}` },
  isas: {
    value: 'names',
    fallback: 'all',
    help: `some of ${ISA_NAMES.join(', ')}; all are those that run here, whatever SLUICE_SIMD is`,
  },
  metric: { value: 'name', fallback: 'cosine', help: 'how rows are compared; bits: hamming' },
  dim: { value: 'n', fallback: '384', help: 'dimensions of a vector' },
  time: { value: 'ms', fallback: '120', help: 'time for each measurement' },
  'memory-bytes': {
    value: 'n',
    fallback: '192000000',
    help: 'bytes of the rows that are not in the caches: many times the largest cache',
  },
}

/** What is timed. */
interface Plan {
  readonly kernels: readonly string[]
  readonly dtypes: readonly Dtype[]
  readonly isas: readonly IsaKernels[]
  readonly metric: Metric
  readonly dimension: number
  readonly timeMs: number
  readonly memory: Uint8Array
  readonly simsimd: Simsimd | undefined
  readonly figures: Figures
}

/** A call and the start of its figures' names. */
interface NamedCall {
  readonly name: string
  readonly stride: number
  readonly call: KernelCall
}

/**
 * The benchmark.
 *
 * @internal
 */
export const kernelsCommand: BenchCommand = {
  name: 'kernels',
  summary: 'each kernel alone, by dtype and instruction set; simsimd, memcpy and reads beside them',
  options: OPTIONS,
  run: runKernels,
}

async function runKernels(
  values: OptionValues,
  say: (line: string) => void,
): Promise<BenchOutcome> {
  const options = {
    kernels: values.choices('kernels', KERNEL_NAMES),
    dtypes: values.choices('dtypes', DTYPES),
    isas: chosenKernels(values, say),
    metric: values.choice(
      'metric',
      METRICS.filter((metric) => metric !== 'hamming'),
    ),
    dimension: values.integer('dim', 1, LIMITS.dimensionMax),
    timeMs: values.integer('time', 1, TIME_MS_MAX),
  }
  const memoryBytes = values.integer('memory-bytes', MEMORY_BYTES_MIN, MEMORY_BYTES_MAX)
  const simsimd = await loadSimsimd()
  if (typeof simsimd === 'string') say(`simsimd left out: ${simsimd}`)
  const plan: Plan = {
    ...options,
    memory: readableMemory(memoryBytes),
    simsimd: typeof simsimd === 'string' ? undefined : simsimd,
    figures: new Figures(),
  }
  timeMemory(plan)
  plan.dtypes.forEach((dtype, index) => {
    say(`${index + 1} of ${plan.dtypes.length}: ${dtype}`)
    timeDtype(plan, dtype)
  })
  return outcomeOf(plan)
}

/** @throws UsageError where one was asked for that does not run here */
function chosenKernels(values: OptionValues, say: (line: string) => void): readonly IsaKernels[] {
  const names = values.choices('isas', ISA_NAMES)
  const isAll = values.text('isas')?.trim() === 'all'
  const missing: string[] = []
  const available = availableKernels((isa, reason) => {
    if (isAll) say(`${isa} left out: ${reason}`)
    else if (names.includes(isa)) missing.push(`${isa} does not run here, ${reason}`)
  })
  if (missing.length > 0) {
    const here = available.map(({ isa }) => isa).join(', ')
    throw new UsageError(`--isas: ${missing.join('; ')}; here: ${here}`)
  }
  return available.filter(({ isa }) => names.includes(isa))
}

/** Copies and reads of the memory that the rows will be in. */
function timeMemory({ figures, memory }: Plan): void {
  const half = Math.floor(memory.byteLength / 2)
  for (let round = 0; round < 3; round++) {
    figures.add('memcpy.throughput', 'MB/s', probeMemcpy(half))
    figures.add('memory.readThroughput', 'MB/s', probeRead(memory))
  }
}

function timeDtype(plan: Plan, dtype: Dtype): void {
  const inCache = rowsInCache(dtype, plan.dimension)
  const inMemory = rowsInMemory(inCache, plan.memory)
  for (const kernel of plan.kernels) {
    if (ONCE.includes(kernel) && dtype !== plan.dtypes[0]) continue
    timeKernel(plan, kernel, inCache)
    if (!IN_CACHE_ONLY.includes(kernel)) timeKernel(plan, `${kernel}-memory`, inMemory)
  }
  if (!plan.kernels.some((kernel) => PAIR_KERNELS.includes(kernel))) return
  timeSimsimd(plan, '', inCache)
  timeSimsimd(plan, '-memory', inMemory)
}

/** All instruction sets of one kernel, one after the other. */
function timeKernel(plan: Plan, name: string, rows: RowSet): void {
  const [kernel = ''] = name.split('-')
  const make = KERNELS[kernel]
  if (make === undefined) return
  const metric = metricOf(plan, rows.dtype)
  timeAndAdd(
    plan,
    plan.isas.map(({ isa, provider }) => ({
      name: `kernel.${name}.${rows.dtype}.${isa}`,
      stride: rows.stride,
      call: make(provider, rows, metric),
    })),
  )
}

function timeSimsimd(plan: Plan, suffix: string, rows: RowSet): void {
  if (plan.simsimd === undefined) return
  const calls = simsimdCalls(plan.simsimd, rows, metricOf(plan, rows.dtype))
  if (calls === undefined) return
  const { dtype, stride } = rows
  const named = [
    { name: `simsimd.${calls.operation}${suffix}.${dtype}`, stride, call: calls.pairs },
    ...(suffix === '' ? [{ name: `simsimd.call.${dtype}`, stride: 0, call: calls.empty }] : []),
  ]
  timeAndAdd(plan, named)
}

function timeAndAdd({ figures, timeMs }: Plan, named: readonly NamedCall[]): void {
  const samples = timeCalls(
    named.map(({ name, call }) => ({ name, run: () => call.run() })),
    timeMs,
  )
  for (const { name, stride, call } of named) {
    for (const seconds of samples.get(name) ?? []) {
      figures.add(`${name}.nsPerRow`, 'ns', (seconds * 1e9) / call.rowCount)
      if (stride === 0) continue
      const byteLength = call.rowCount * (call.rowBytes ?? stride)
      figures.add(`${name}.throughput`, 'MB/s', byteLength / 1e6 / seconds)
    }
  }
}

function metricOf({ metric }: Plan, dtype: Dtype): Metric {
  return dtype === 'bit' ? 'hamming' : metric
}

function outcomeOf({ figures, isas, dimension, metric, simsimd }: Plan): BenchOutcome {
  const names = new Set(isas.map(({ provider }) => provider.info.name))
  return {
    figures,
    kernels: {
      name: [...names].join(', '),
      isa: isas.map(({ isa }) => isa).join(', '),
      reason: 'SLUICE_SIMD is not used; see --isas',
    },
    directory: '.',
    notes: [
      `rows of ${dimension} dimensions, ${metric} (bits: hamming); one thread`,
      'in the caches: 192 KiB of rows, or 512 KiB of blocks of codes',
      '-memory: far more than the caches hold, 4 MiB a call',
      'pair: one row a call, as simsimd is called; simsimd.call: its call with one element',
      ...(simsimd === undefined ? ['simsimd is not installed, or does not load'] : []),
    ],
  }
}

/** Part of the kernel suite: single distances against an oracle, and what they never are. */

import assert from 'node:assert/strict'
import type { ScanTask } from '../contract/kernel-provider.js'
import { DTYPES, type Dtype, strideOf } from '../dtype.js'
import {
  COMBINATIONS,
  FLOAT_DTYPES,
  filledRows,
  type KernelSubject,
  movedTo,
  seededBytes,
  seededTask,
  toleranceOf,
} from './kernel-provider-data.js'

/** Around whole vectors and unrolled steps, and what people use. */
const DIMENSIONS = [1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 384, 385, 768, 1536]

/** Largest finite and smallest positive values. */
const EXTREMES: ReadonlyArray<readonly [Dtype, number, number]> = [
  ['float64', Number.MAX_VALUE, Number.MIN_VALUE],
  ['complex128', Number.MAX_VALUE, Number.MIN_VALUE],
  ['float32', (2 - 2 ** -23) * 2 ** 127, 2 ** -149],
  ['complex64', (2 - 2 ** -23) * 2 ** 127, 2 ** -149],
  ['float16', 65_504, 2 ** -24],
  ['bfloat16', (2 - 2 ** -7) * 2 ** 127, 2 ** -133],
]

/**
 * Registers the tests of distances.
 *
 * @internal
 */
export function distanceTests(subject: KernelSubject): void {
  const { it, fc } = subject
  for (const combination of COMBINATIONS) {
    const [dtype, metric] = combination
    it(`${dtype} ${metric}: agrees with the oracle, whatever the rows`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 257 }), fc.integer(), (dimension, seed) => {
          checkRows(subject, seededTask(combination, dimension, 3, seed), 3)
        }),
        { numRuns: 25 },
      )
    })

    it(`${dtype} ${metric}: agrees with the oracle at telling dimensions`, () => {
      for (const dimension of DIMENSIONS) {
        checkRows(subject, seededTask(combination, dimension, 2, dimension), 2)
      }
      for (const offset of [1, 2, 3]) {
        checkSameBits(subject, seededTask(combination, 32, 6, offset), offset)
      }
    })

    it(`${dtype} ${metric}: gives the same bits for a row by any way and at any offset`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(9), fc.integer(), (...values) => {
          checkSameBits(subject, seededTask(combination, values[0], 6, values[2]), values[1])
        }),
        { numRuns: 15 },
      )
    })
  }

  it('puts a zero vector at cosine distance 1 from everything, itself included', () => {
    for (const dtype of DTYPES) if (dtype !== 'bit') checkZeroVectors(subject, dtype)
  })

  it('finds the cosine of the largest and of the smallest vectors', () => {
    for (const [dtype, largest, smallest] of EXTREMES) {
      for (const value of [largest, smallest]) checkExtremes(subject, dtype, value)
    }
  })

  it('adds integers exactly at the ends of their ranges', () => checkIntegerExtremes(subject))

  it('never returns NaN or -0, whatever the bits', () => {
    fc.assert(
      fc.property(fc.constantFrom(...COMBINATIONS), fc.integer(), (combination, seed) => {
        checkAnyBits(subject, combination, seed)
      }),
      { numRuns: 300 },
    )
  })
}

/**
 * Distances of the first rows of a task.
 *
 * @internal
 */
export function allDistances(subject: KernelSubject, task: ScanTask, rows: number): Float64Array {
  const out = new Float64Array(rows).fill(Number.NaN)
  subject.provider.distancesRange(task, 0, out)
  return out
}

function checkRows(subject: KernelSubject, task: ScanTask, rows: number): void {
  const actual = allDistances(subject, task, rows)
  for (let row = 0; row < rows; row++) {
    const expected = subject.oracle(task, row)
    const tolerance = toleranceOf(task, row, subject.epsilon)
    const agrees =
      Object.is(actual[row], expected) || Math.abs(actual[row]! - expected) <= tolerance
    const where = `${task.dtype} ${task.metric}, dimension ${task.dimension}, row ${row}`
    assert.ok(agrees, `${where}: ${actual[row]} is not ${expected} within ${tolerance}`)
  }
}

/** Six rows, one at a time, gathered, in a run, and from bytes that are aligned for nothing. */
function checkSameBits(subject: KernelSubject, task: ScanTask, offset: number): void {
  const { provider } = subject
  const expected = allDistances(subject, task, 6)
  const stride = strideOf(task.dtype, task.dimension)
  const ids = Uint32Array.of(5, 0, 3, 3, 1, 4, 2)
  const gathered = new Float64Array(ids.length)
  provider.distances(task, ids, gathered)
  assert.deepEqual(
    gathered,
    Float64Array.from(ids, (id) => expected[id]!),
    'gathered',
  )
  const moved = { ...task, query: movedTo(offset, task.query), rows: movedTo(offset, task.rows) }
  assert.deepEqual(allDistances(subject, moved, 6), expected, `at offset ${offset}`)
  for (let row = 0; row < 6; row++) {
    const alone = { ...task, rows: task.rows.subarray(row * stride, (row + 1) * stride) }
    assert.deepEqual(allDistances(subject, alone, 1), expected.slice(row, row + 1), `row ${row}`)
    const one = new Float64Array(1)
    provider.distancesRange(task, row, one)
    assert.deepEqual(one, expected.slice(row, row + 1), `run from ${row}`)
  }
}

function checkZeroVectors(subject: KernelSubject, dtype: Dtype): void {
  for (const dimension of [1, 5, 100]) {
    const zero = filledRows(dtype, dimension, 1, 0)
    const rows = filledRows(dtype, dimension, 2, 1)
    rows.set(zero)
    const task: ScanTask = { metric: 'cosine', dtype, dimension, query: zero, rows }
    assert.deepEqual([...allDistances(subject, task, 2)], [1, 1], dtype)
    const dot = allDistances(subject, { ...task, metric: 'dot' }, 2)
    assert.ok(Object.is(dot[0], 0) && Object.is(dot[1], 0), `${dtype}: -0 is not normalised`)
    const ones = allDistances(subject, { ...task, query: filledRows(dtype, dimension, 1, 1) }, 2)
    assert.equal(ones[0], 1, dtype)
    assert.ok(Math.abs(ones[1]!) < 1e-6, dtype)
  }
}

function checkExtremes(subject: KernelSubject, dtype: Dtype, value: number): void {
  for (const dimension of [1, 3, 64, 385]) {
    const rows = filledRows(dtype, dimension, 3, value)
    const stride = strideOf(dtype, dimension)
    rows.set(filledRows(dtype, dimension, 1, -value), stride)
    rows.set(filledRows(dtype, dimension, 1, 1), 2 * stride)
    const query = rows.slice(0, stride)
    const task: ScanTask = { metric: 'cosine', dtype, dimension, query, rows }
    const distances = allDistances(subject, task, 3)
    const expected = [0, 2, 0]
    distances.forEach((distance, row) => {
      const agrees = Math.abs(distance - expected[row]!) <= (dimension * 2 + 8) * subject.epsilon
      assert.ok(agrees, `${dtype} ${value} dimension ${dimension} row ${row}: ${distance}`)
      assert.ok(distance >= 0 && distance <= 2, `${dtype} ${value}: ${distance} is no distance`)
    })
  }
}

function checkIntegerExtremes(subject: KernelSubject): void {
  const ranges: ReadonlyArray<readonly [Dtype, number, number]> = [
    ['int8', -128, 127],
    ['uint8', 0, 255],
    ['int16', -32_768, 32_767],
    ['uint16', 0, 65_535],
    ['int32', -(2 ** 31), 2 ** 31 - 1],
    ['uint32', 0, 2 ** 32 - 1],
  ]
  for (const [dtype, min, max] of ranges) {
    for (const [q, x] of [
      [min, min],
      [min, max],
      [max, max],
    ] as const) {
      for (const dimension of [1, 385, 4096]) {
        const query = filledRows(dtype, dimension, 1, q)
        const rows = filledRows(dtype, dimension, 1, x)
        const task: ScanTask = { metric: 'dot', dtype, dimension, query, rows }
        const dot = -BigInt(q) * BigInt(x) * BigInt(dimension)
        const l2 = BigInt(q - x) ** 2n * BigInt(dimension)
        assert.equal(allDistances(subject, task, 1)[0], Number(dot), `${dtype} ${q} ${x} dot`)
        const squared = allDistances(subject, { ...task, metric: 'l2' }, 1)[0]
        assert.equal(squared, Number(l2), `${dtype} ${q} ${x} l2`)
      }
    }
  }
}

function checkAnyBits(
  subject: KernelSubject,
  [dtype, metric]: (typeof COMBINATIONS)[number],
  seed: number,
): void {
  const dimension = 1 + (Math.abs(seed) % 40)
  const stride = strideOf(dtype, dimension)
  const rows = seededBytes(stride * 4, seed)
  // Exponents of all ones are rare in random bits; rows 1 and 3 get some.
  if (FLOAT_DTYPES.includes(dtype)) {
    rows.fill(0xff, Math.max(stride * 2 - 8, stride), stride * 2)
    rows.fill(0x7f, stride * 3, stride * 4)
  }
  for (let queryRow = 0; queryRow < 4; queryRow++) {
    const query = rows.slice(queryRow * stride, (queryRow + 1) * stride)
    const distances = allDistances(subject, { metric, dtype, dimension, query, rows }, 4)
    const allowed = distances.every((value) => !Number.isNaN(value) && !Object.is(value, -0))
    assert.ok(allowed, `${dtype} ${metric} dimension ${dimension} seed ${seed}: ${distances}`)
  }
}

import { describe, expect, it } from 'vitest'
import { codeElementsOf } from '../../../../src/code-layout.js'
import type { CodeSpace, QueryTerms } from '../../../../src/contract/code-kernels.js'
import { type Dtype, layoutOf } from '../../../../src/dtype.js'
import { scalarKernels } from '../../../../src/kernels/scalar/scalar-kernels.js'
import type { Metric } from '../../../../src/metric.js'
import { encoded, type Lane, lanesOf, rowAt, rowsOf, seededNumbers, spaceOf } from './code-data.js'
import { centred } from './naive-codes.js'

const ROWS = 512
const QUERIES = 8

/** Rows and what became of them. */
interface Encoded {
  readonly space: CodeSpace
  readonly rows: Uint8Array
  readonly blocks: Uint8Array
  readonly lanes: readonly Lane[]
  /** What codes are centred on; the mean where there is none. */
  readonly centre?: Float32Array | undefined
}

function encodedRows(space: CodeSpace, rows: Uint8Array, centre?: Float32Array): Encoded {
  const blocks = encoded(space, rows, 0, centre)
  return { space, rows, blocks, lanes: lanesOf(blocks, space.signs.length / 2), centre }
}

/** The constant of estimates and the unit of their errors, around the mean or another centre. */
function termsAround(
  { space, centre }: Encoded,
  query: Uint8Array,
  { constant, norm }: QueryTerms,
): { readonly constant: number; readonly norm: number } {
  if (centre === undefined) return { constant, norm }
  const { u } = centred(space, query)
  const d = u.reduce((sum, x, i) => sum + (x - centre[i]!) ** 2, 0)
  const uu = u.reduce((sum, x) => sum + x * x, 0)
  const angular = (space.metric === 'cosine' ? 1 : 0) - uu / 2 + d / 2
  const isAngular = space.metric === 'cosine' || space.metric === 'dot'
  return { constant: isAngular ? angular : d, norm: Math.sqrt(d) }
}

/** Errors of estimates in units of `norm E`, of a query against rows `from` to `to - 1`. */
function errorsOf(subject: Encoded, query: Uint8Array, from: number, to: number): Float64Array {
  const { space, rows, blocks, lanes } = subject
  const codeDimension = space.signs.length / 2
  const tables = new Uint8Array(4 * codeDimension)
  const terms = scalarKernels.buildTables(space, query, tables)
  const { constant, norm } = termsAround(subject, query, terms)
  const [first, end] = [Math.floor(from / 32), Math.ceil(to / 32)]
  const sums = new Uint16Array(32 * (end - first))
  scalarKernels.scanSums({ codeDimension, tables, blocks, from: first, to: end }, sums)
  const exact = new Float64Array(to - from)
  scalarKernels.distancesRange({ ...space, query, rows }, from, exact)
  return exact.map((distance, i) => {
    const { factor, offset, error } = lanes[from + i]!
    const S = sums[from + i - 32 * first]! * terms.scale + terms.bias
    return (factor * S + offset + constant - distance) / (norm * error)
  })
}

/** The part of numbers for which something holds. */
function share(numbers: readonly number[], holds: (x: number) => boolean): number {
  return numbers.filter(holds).length / numbers.length
}

/** A row of which every fourth element is that of another row. */
function near({ dtype }: CodeSpace, row: Uint8Array, other: Uint8Array): Uint8Array {
  const size = layoutOf(dtype).array.BYTES_PER_ELEMENT
  return row.map((byte, i) => (Math.floor(i / size) % 4 === 3 ? other[i]! : byte))
}

/** A mean of the rows' own kind: that of the rows themselves. */
function meanOf(space: CodeSpace): Float32Array {
  const n = codeElementsOf(space.dtype, space.dimension)
  const rows = rowsOf(space, ROWS, 77)
  const sums = new Float64Array(n)
  const lists = new Uint32Array(ROWS)
  scalarKernels.accumulateMeans({ space, rows, lists, sums, counts: new Uint32Array(1) })
  return Float32Array.from(sums, (sum) => sum / ROWS)
}

/** Half way between the mean and a row: where a list may have its centroid. */
function centroidOf(space: CodeSpace, rows: Uint8Array): Float32Array {
  const { u } = centred(space, rowAt(space, rows, 3))
  return space.mean.map((value, i) => (value + u[i]!) / 2)
}

describe('estimates', () => {
  const subjects: ReadonlyArray<readonly [Dtype, Metric, number]> = [
    ['float32', 'cosine', 384],
    ['float32', 'dot', 384],
    ['float32', 'l2', 384],
    ['float16', 'l2', 100],
    ['float64', 'cosine', 130],
    ['int8', 'cosine', 256],
    ['int8', 'l2', 256],
    ['uint8', 'dot', 200],
    ['int32', 'l2', 128],
    ['int64', 'cosine', 128],
    ['complex64', 'dot', 96],
    ['bfloat16', 'cosine', 768],
    ['bit', 'hamming', 512],
    ['bit', 'hamming', 100],
  ]
  for (const combination of subjects) {
    const [dtype, metric, dimension] = combination
    const plain = spaceOf([dtype, metric], dimension, 3)
    const space = { ...plain, mean: meanOf(plain) }
    const rows = rowsOf(space, ROWS, 77)

    const subject = encodedRows(space, rows)

    it(`${combination.join(' ')}: errors of unrelated rows are normal, with norm E`, () => {
      const queries = rowsOf(space, QUERIES, 1000)
      const errors = Array.from({ length: QUERIES }, (_, i) => [
        ...errorsOf(subject, rowAt(space, queries, i), 0, ROWS),
      ]).flat()
      expect(errors.length).toBeGreaterThan(4000)
      expect(Math.abs(share(errors, (error) => Math.abs(error) <= 1) - 0.683)).toBeLessThan(0.04)
      expect(Math.abs(share(errors, (error) => Math.abs(error) <= 1.9) - 0.943)).toBeLessThan(0.02)
      // The lower bound is above the distance: such a row would be lost.
      expect(Math.abs(share(errors, (error) => error > 1.9) - 0.029)).toBeLessThan(0.015)
    })

    it(`${combination.join(' ')}: errors around a centroid are normal, with its distance`, () => {
      const centre = centroidOf(space, rows)
      const around = encodedRows(space, rows, centre)
      const queries = rowsOf(space, QUERIES, 1000)
      const errors = Array.from({ length: QUERIES }, (_, i) => [
        ...errorsOf(around, rowAt(space, queries, i), 0, ROWS),
      ]).flat()
      expect(Math.abs(share(errors, (error) => Math.abs(error) <= 1) - 0.683)).toBeLessThan(0.06)
      expect(Math.abs(share(errors, (error) => error > 1.9) - 0.029)).toBeLessThan(0.02)
      expect(Math.abs(share(errors, (error) => error < -1.9) - 0.029)).toBeLessThan(0.02)
    })

    it(`${combination.join(' ')}: errors of near rows are within 1.9 norm E`, () => {
      const errors = Array.from({ length: ROWS * 4 }, (_, i) => {
        const row = i % ROWS
        const other = rowAt(space, rows, (i + 1 + Math.floor(i / ROWS)) % ROWS)
        const query = near(space, rowAt(space, rows, row), other)
        return errorsOf(subject, query, row, row + 1)[0]!
      })
      expect(errors.length).toBeGreaterThan(2000)
      expect(share(errors, (error) => Math.abs(error) <= 1.9)).toBeGreaterThanOrEqual(0.98)
      // Not because E were too large.
      expect(share(errors, (error) => Math.abs(error) <= 0.5)).toBeLessThan(0.75)
    })
  }

  it('are off by nothing for a row that is the mean, whatever the query', () => {
    const mean = seededNumbers(128, 4)
    const space = spaceOf(['float32', 'l2'], 128, 1, mean)
    const rows = new Uint8Array(mean.buffer.slice(0))
    const [lane] = lanesOf(encoded(space, rows), 128)
    const query = rowAt(space, rowsOf(space, 2, 6), 1)
    const terms = scalarKernels.buildTables(space, query, new Uint8Array(512))
    const exact = new Float64Array(1)
    scalarKernels.distancesRange({ ...space, query, rows }, 0, exact)
    expect(lane!.offset + terms.constant).toBeCloseTo(exact[0]!, 4)
    expect(lane!.error).toBe(0)
  })
})

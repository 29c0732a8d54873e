/** Part of the kernel suite: rows and queries become the same codes and tables, to the bit. */

import assert from 'node:assert/strict'
import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf } from '../code-layout.js'
import type { CodeKernels, CodeSpace, QueryTerms } from '../contract/code-kernels.js'
import { DTYPES, strideOf } from '../dtype.js'
import {
  assertSameBlocks,
  assertSameNumbers,
  CODE_DIMENSIONS,
  centredOn,
  encoded,
  nameOf,
  rowCountOf,
  rowOf,
  scaledRows,
  seededSpace,
} from './kernel-provider-codes-data.js'
import {
  COMBINATIONS,
  filledRows,
  type KernelSubject,
  movedTo,
  seededBytes,
  seededRows,
} from './kernel-provider-data.js'

/**
 * Registers the tests of encode, packBlock and buildTables.
 *
 * @internal
 */
export function encodeTests(subject: KernelSubject): void {
  const { it, fc, provider } = subject
  for (const combination of COMBINATIONS) {
    const [dtype, metric] = combination
    it(`${dtype} ${metric}: makes the oracle's codes and tables of any rows`, () => {
      const dimensions = fc.integer({ min: 1, max: 257 })
      fc.assert(
        fc.property(dimensions, fc.integer(), fc.integer({ min: 1, max: 40 }), (...values) => {
          const [dimension, seed, rows] = values
          const space = seededSpace(subject.codes, combination, dimension, seed)
          checkRows(subject, space, seededRows(dtype, dimension, rows, seed))
          checkRows(subject, space, scaledRows(space, 4, seed))
          checkRows(subject, space, seededBytes(2 * strideOf(dtype, dimension), seed))
        }),
        { numRuns: 12 },
      )
    })

    it(`${dtype} ${metric}: makes the oracle's codes and tables at telling dimensions`, () => {
      for (const dimension of CODE_DIMENSIONS) {
        const space = seededSpace(subject.codes, combination, dimension, dimension)
        checkRows(subject, space, tellingRows(space, dimension))
        const rows = seededRows(dtype, dimension, 1, dimension)
        checkRows(subject, centredOn(subject.codes, space, rows), rows)
      }
    })

    it(`${dtype} ${metric}: makes the same codes of a row by any way and at any offset`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 140 }), fc.nat(9), fc.integer(), (...values) => {
          checkWays(provider, seededSpace(subject.codes, combination, values[0], values[2]), values)
        }),
        { numRuns: 5 },
      )
    })
  }

  it('makes the oracle’s codes of the largest and the smallest vectors', () => {
    for (const dtype of DTYPES) checkExtremes(subject, dtype)
  })

  it('says of a query that is the mean, too large or too small that it tells nothing', () => {
    checkKinds(provider)
  })

  it('transposes 32 codes into a block and leaves its factors alone', () => {
    for (let codeDimension = 64; codeDimension <= 8192; codeDimension += 64) {
      checkPacking(provider, codeDimension)
    }
  })
}

/** Two seeded rows, one of zeros and one of ones, and one of one number that is not zero. */
function tellingRows({ dtype, dimension }: CodeSpace, seed: number): Uint8Array {
  const stride = strideOf(dtype, dimension)
  const rows = new Uint8Array(5 * stride)
  rows.set(seededRows(dtype, dimension, 2, seed))
  rows.set(filledRows(dtype, dimension, 1, 0), 2 * stride)
  if (dtype === 'bit') return rows
  rows.set(filledRows(dtype, dimension, 1, 1), 3 * stride)
  rows.set(filledRows(dtype, 1, 1, 1), 4 * stride)
  return rows
}

/** All rows encoded, and each as a query. */
function checkRows(subject: KernelSubject, space: CodeSpace, rows: Uint8Array): void {
  const { codes, provider } = subject
  const rowBase = 7 * rows.length
  assertSameBlocks(
    encoded(provider, space, rows, { rowBase }),
    encoded(codes, space, rows, { rowBase }),
    space,
  )
  for (let row = 0; row < Math.min(5, rowCountOf(space, rows)); row++) {
    const query = rowOf(space, rows, row)
    const [actual, right] = [queryOf(provider, space, query), queryOf(codes, space, query)]
    assertSameNumbers(termsOf(actual.terms), termsOf(right.terms), `${nameOf(space)}: terms`)
    assertSameNumbers(actual.tables, right.tables, `${nameOf(space)}: tables`)
  }
}

function queryOf(
  codes: CodeKernels,
  space: CodeSpace,
  query: Uint8Array,
): { readonly terms: QueryTerms; readonly tables: Uint8Array } {
  const codeDimension = codeDimensionOf(space.dtype, space.dimension)
  const tables = new Uint8Array(4 * codeDimension).fill(0xaa)
  return { terms: codes.buildTables(space, query, tables), tables }
}

function termsOf({ scale, bias, norm, constant }: QueryTerms): number[] {
  return [scale, bias, norm, constant]
}

/** 70 rows at once, in whole blocks, one by one, and from bytes that are aligned for nothing. */
function checkWays(
  provider: CodeKernels,
  space: CodeSpace,
  [, offset, seed]: readonly [number, number, number],
): void {
  const rows = seededRows(space.dtype, space.dimension, 70, seed)
  const expected = encoded(provider, space, rows)
  const stride = strideOf(space.dtype, space.dimension)
  const { byteLength } = blockLayoutOf(codeDimensionOf(space.dtype, space.dimension))
  for (let at = 0; at < 70; at += BLOCK_ROWS) {
    const run = rows.subarray(at * stride, (at + BLOCK_ROWS) * stride)
    const block = expected.subarray((at / 32) * byteLength, (at / 32 + 1) * byteLength)
    assertSameBlocks(encoded(provider, space, run, { rowBase: at }), block, space)
  }
  for (const row of [0, 1, 31, 69]) {
    const one = encoded(provider, space, rowOf(space, rows, row), { rowBase: row })
    const block = expected.subarray(Math.floor(row / 32) * byteLength)
    for (let at = 0; at < byteLength - 16 * BLOCK_ROWS; at += BLOCK_ROWS) {
      assert.equal(one[at], block[at + (row % 32)], `${nameOf(space)}: row ${row} alone`)
    }
  }
  const moved: CodeSpace = {
    ...space,
    mean: movedNumbers(offset, space.mean),
    signs: movedNumbers(offset + 1, space.signs),
  }
  const blocks = movedTo(offset, new Uint8Array(expected.length).fill(0xaa))
  provider.encode({ space: moved, rows: movedTo(offset + 1, rows), rowBase: 0, blocks })
  assertSameBlocks(blocks, expected, space)
  const query = rowOf(space, rows, 5)
  const tables = movedTo(offset, new Uint8Array(4 * codeDimensionOf(space.dtype, space.dimension)))
  const terms = provider.buildTables(moved, movedTo(offset, query), tables)
  assert.deepEqual({ terms, tables: tables.slice() }, queryOf(provider, space, query))
}

/**
 * The same numbers somewhere else.
 *
 * @internal
 */
export function movedNumbers(offset: number, numbers: Float32Array): Float32Array {
  const moved = new Float32Array(numbers.length + offset).subarray(offset)
  moved.set(numbers)
  return moved
}

/** Values at the ends of the range of a dtype, by metric, around 0 and around one of them. */
function checkExtremes(subject: KernelSubject, dtype: (typeof DTYPES)[number]): void {
  for (const combination of COMBINATIONS.filter(([other]) => other === dtype)) {
    for (const dimension of [1, 65, 384]) {
      const space = seededSpace(subject.codes, combination, dimension, dimension)
      const none = { ...space, mean: new Float32Array(space.mean.length) }
      const rows = extremeRows(space)
      checkRows(subject, none, rows)
      checkRows(subject, centredOn(subject.codes, none, rowOf(space, rows, 0)), rows)
    }
  }
}

/** Rows of one byte each: zero, subnormals, the smallest, huge ones, -1, all bits set. */
function extremeRows({ dtype, dimension }: CodeSpace): Uint8Array {
  const stride = strideOf(dtype, dimension)
  const fills = [0x3f, 0, 1, 0x80, 0x7f, 0xff, 0x7e, 0xfe]
  const rows = new Uint8Array(fills.length * stride)
  fills.forEach((fill, row) => {
    rows.fill(fill, row * stride, (row + 1) * stride)
  })
  return rows
}

/** The four kinds of query, of float32 rows around 0. */
function checkKinds(provider: CodeKernels): void {
  const dimension = 100
  const mean = new Float32Array(dimension)
  const signs = new Float32Array(256).fill(1)
  const space: CodeSpace = { metric: 'l2', dtype: 'float32', dimension, mean, signs }
  const kindOf = (value: number): { scale: number; norm: number; filled: boolean } => {
    const query = filledRows('float32', dimension, 1, value)
    const { terms, tables } = queryOf(provider, space, query)
    const { scale, norm } = terms
    return { scale, norm, filled: tables.some((entry) => entry !== 0) }
  }
  const blind = { scale: 0, norm: Number.POSITIVE_INFINITY, filled: false }
  assert.deepEqual(kindOf(0), { scale: 0, norm: 0, filled: false })
  assert.deepEqual(kindOf(2 ** -120), blind)
  assert.deepEqual(kindOf(2 ** 125), blind)
  const usual = kindOf(1)
  assert.ok(usual.scale > 0 && usual.filled)
  assert.equal(usual.norm, 10)
}

function checkPacking(provider: CodeKernels, codeDimension: number): void {
  const { byteLength, codeBytes } = blockLayoutOf(codeDimension)
  const source = seededBytes(BLOCK_ROWS * codeBytes, codeDimension)
  const expected = new Uint8Array(byteLength).fill(0xaa)
  for (let i = 0; i < source.length; i++) {
    expected[(i % codeBytes) * BLOCK_ROWS + Math.floor(i / codeBytes)] = source[i]!
  }
  for (const offset of [0, codeDimension % 61]) {
    const block = movedTo(offset, new Uint8Array(byteLength).fill(0xaa))
    provider.packBlock(movedTo(offset, source), block)
    assertSameNumbers(block, expected, `D ${codeDimension}: block`)
  }
}

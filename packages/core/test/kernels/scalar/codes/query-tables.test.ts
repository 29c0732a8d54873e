import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COMBINATIONS, movedTo } from '../../../../src/conformance/kernel-provider-data.js'
import type { CodeSpace, QueryTerms } from '../../../../src/contract/code-kernels.js'
import { TableBuilder } from '../../../../src/kernels/scalar/codes/query-tables.js'
import { scalarKernels } from '../../../../src/kernels/scalar/scalar-kernels.js'
import { anySpace, bytesOf, plainSpace, rowsOf, spaceOf } from './code-data.js'
import { naiveTables } from './naive-codes.js'

function build(space: CodeSpace, query: Uint8Array): { tables: Uint8Array; terms: QueryTerms } {
  const tables = new Uint8Array(2 * space.signs.length).fill(0xa5)
  const terms = scalarKernels.buildTables(space, query, tables)
  return { tables, terms }
}

function expectNaive(space: CodeSpace, query: Uint8Array): void {
  const { tables, terms } = build(space, query)
  const expected = naiveTables(space, query)
  expect(terms).toEqual(expected.terms)
  expect([...tables]).toEqual(expected.tables)
}

describe('buildTables', () => {
  it('gives the bits of the written definition, for every dtype and metric', () => {
    for (const combination of COMBINATIONS) {
      const space = spaceOf(combination, 187)
      expectNaive(space, movedTo(1, rowsOf(space, 1, 21)))
    }
  })

  it('gives the bits of the written definition, whatever the dimension', () => {
    fc.assert(
      fc.property(anySpace, fc.nat(), (space, seed) => expectNaive(space, rowsOf(space, 1, seed))),
      { numRuns: 60 },
    )
  })

  it('keeps the largest code sum within 16 bits at the largest dimensions', () => {
    const space = spaceOf(['complex64', 'dot'], 4096)
    const query = rowsOf(space, 1, 2)
    expectNaive(space, query)
    const { tables } = build(space, query)
    expect(Math.max(...tables)).toBe(31)
  })

  it('uses levels up to 63 where there is room', () => {
    const space = plainSpace('dot', 384)
    expect(Math.max(...build(space, rowsOf(space, 1, 2)).tables)).toBe(63)
  })

  it('makes tables of zeros for a query that is the mean', () => {
    const mean = Float32Array.from({ length: 64 }, (_, i) => i / 8)
    const space = spaceOf(['float32', 'l2'], 64, 1, mean)
    const { tables, terms } = build(space, bytesOf(mean))
    expect(terms).toEqual({ scale: 0, bias: 0, norm: 0, constant: 0 })
    expect(tables).toEqual(new Uint8Array(256))
  })

  it('looks at every row for a query that tables cannot hold', () => {
    for (const value of [3e38, Number.NaN, Number.POSITIVE_INFINITY, 1e-44]) {
      const space = plainSpace('dot', 64)
      const { tables, terms } = build(space, bytesOf(new Float32Array(64).fill(value)))
      expect(terms).toMatchObject({ scale: 0, bias: 0, norm: Number.POSITIVE_INFINITY })
      expect(tables).toEqual(new Uint8Array(256))
    }
  })

  it('cannot hold a vector that is NaN in one place', () => {
    const builder = new TableBuilder(64)
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const q = new Float32Array(64).fill(1).fill(bad, 17, 18)
      const tables = new Uint8Array(256).fill(1)
      builder.build(q, tables)
      expect(builder).toMatchObject({ good: false, scale: 0, bias: 0 })
      expect(tables).toEqual(new Uint8Array(256))
    }
    builder.build(new Float32Array(64).fill(1), new Uint8Array(256))
    expect(builder).toMatchObject({ good: true, bias: -64 })
  })
})

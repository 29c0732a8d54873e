/**
 * The kernels over codes of every instruction set, to the bit: over every length up to 257 and the
 * lengths people use, at every offset in a cache line, at the edge of memory, and for values at
 * the ends of their ranges. The conformance suite (native-kernels.test.ts) samples the same more
 * widely.
 */

import type { CodeSpace, KernelProvider } from '@sluice/core'
import { describe, it } from 'vitest'
import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf } from '../../core/src/code-layout.js'
import { assignTask } from '../../core/src/conformance/kernel-provider-codes-assign.js'
import {
  assertSameNumbers,
  nameOf,
  rowCountOf,
  rowOf,
  seededSpace,
} from '../../core/src/conformance/kernel-provider-codes-data.js'
import { grouped } from '../../core/src/conformance/kernel-provider-codes-groups.js'
import { seededScan } from '../../core/src/conformance/kernel-provider-codes-scan.js'
import {
  COMBINATIONS,
  seededBytes,
  seededRows,
} from '../../core/src/conformance/kernel-provider-data.js'
import { strideOf } from '../../core/src/dtype.js'
import { scalarKernels } from '../../core/src/kernels/scalar/scalar-kernels.js'
import { nativeStatus } from '../src/index.js'
import { INSTRUCTION_SETS } from './instruction-sets.js'
import { atTheEdge, type KernelArray, makePage, movedTo } from './placement.js'
import { ALL_DIMENSIONS, extremeRows } from './telling-rows.js'

/** Moves an array of a call; each one of a call has another slot. */
type Place = <T extends KernelArray>(array: T, slot: number) => T

const PAGES = Array.from({ length: 9 }, () => makePage(8))
const anywhere: Place = (array) => array
const edge: Place = (array, slot) => atTheEdge(PAGES[slot]!, array)
const shiftedBy =
  (offset: number): Place =>
  (array, slot) =>
    movedTo((offset + 11 * slot) % 64, array)

const OFFSETS = Array.from({ length: 64 }, (_, offset) => offset)
const EDGE_DIMENSIONS = [...ALL_DIMENSIONS.filter((d) => d % 9 === 0), 1, 63, 64, 65, 383, 385]
const CODE_DIMENSIONS = Array.from({ length: 128 }, (_, i) => 64 * (i + 1))

/** What kernels wrote, by name. */
type Results = Readonly<Record<string, ArrayLike<number>>>

/** What a provider makes of something. */
type Run = (provider: KernelProvider, place: Place) => Results

/** Rows encoded and added up, and the last one as a query. */
function codesOf(provider: KernelProvider, on: CodeSpace, rows: Uint8Array, place: Place): Results {
  const space = { ...on, mean: place(on.mean, 0), signs: place(on.signs, 1) }
  const codeDimension = codeDimensionOf(space.dtype, space.dimension)
  const count = rowCountOf(space, rows)
  const blockBytes = blockLayoutOf(codeDimension).byteLength * Math.ceil(count / BLOCK_ROWS)
  const placed = place(rows, 2)
  const blocks = place(new Uint8Array(blockBytes).fill(0xaa), 3)
  provider.encode({ space, rows: placed, rowBase: 9, blocks })
  const listed = place(new Uint8Array(blockBytes).fill(0xaa), 6)
  const centre = place(
    on.mean.map((value, i) => value * (i % 5)),
    8,
  )
  provider.encode({ space, rows: placed, rowBase: 9, blocks: listed, centre })
  const tables = place(new Uint8Array(4 * codeDimension).fill(0xaa), 4)
  const query = place(rowOf(space, rows, count - 1), 5)
  const { scale, bias, norm, constant } = provider.buildTables(space, query, tables)
  const terms = [scale, bias, norm, constant]
  const codes = { blocks: blocks.slice(), listed: listed.slice(), tables: tables.slice(), terms }
  const sums = place(new Float64Array(2 * space.mean.length), 3)
  const counts = place(new Uint32Array(2), 4)
  const lists = place(
    Uint32Array.from({ length: count }, (_, row) => row % 2),
    5,
  )
  provider.accumulateMeans({ space, rows: placed, lists, sums, counts })
  return { ...codes, sums: sums.slice(), counts: counts.slice() }
}

/** The lists of a seeded task, of all centroids and of near groups. */
function listsOf(provider: KernelProvider, on: CodeSpace, count: number, place: Place): Results {
  const listsPerRow = count % 2 === 0 ? 1 : 2
  const seeded = assignTask(scalarKernels, on, {
    ...{ candidatesMax: 1 + (count % 64), margin: 0.1, listsPerRow },
    ...{ rows: seededRows(on.dtype, on.dimension, 3, count), count, seed: 3 * count },
  })
  const lists = place(seeded.lists, 2)
  const task = {
    ...seeded,
    space: { ...on, mean: place(on.mean, 0), signs: place(on.signs, 1) },
    rows: place(seeded.rows, 3),
    centroids: place(seeded.centroids, 4),
    blocks: place(seeded.blocks, 5),
    lists,
  }
  provider.assign(task)
  const all = lists.slice()
  const { groups } = grouped(scalarKernels, seeded, { beam: 2, groupSize: 9, seed: count })
  const { blocks, starts, beam } = groups!
  provider.assign({ ...task, groups: { blocks: place(blocks, 6), starts: place(starts, 7), beam } })
  return { lists: all, near: lists.slice() }
}

/** The sums of all blocks of a seeded scan, and about half of its rows. */
function scanned(
  provider: KernelProvider,
  codeDimension: number,
  count: number,
  place: Place,
): Results {
  const seeded = seededScan(codeDimension, count, codeDimension + count)
  const tables = place(seeded.tables, 0)
  const scan = { ...seeded, tables, blocks: place(seeded.blocks, 1) }
  const sums = place(new Uint16Array(BLOCK_ROWS * count), 2)
  provider.scanSums(scan, sums)
  const room = Math.max(BLOCK_ROWS, BLOCK_ROWS * (count + 1) - 1)
  const rows = place(new Uint32Array(room), 3)
  const bounds = place(new Float32Array(room), 4)
  const survivors = { rows, bounds, count: 0 }
  const bound = { scale: 1 / 16_000, bias: -1, weight: 0.5, threshold: -0.1 }
  const next = [provider.scanBlocks(scan, bound, survivors)]
  const [found, lower] = [rows.slice(0, survivors.count), bounds.slice(0, survivors.count)]
  return { sums: sums.slice(), next, found, lower }
}

describe.skipIf(!nativeStatus().available)('native codes', () => {
  for (const combination of COMBINATIONS) {
    const [dtype, metric] = combination
    const spaceOf = (dimension: number): CodeSpace =>
      seededSpace(scalarKernels, combination, dimension, dimension)

    it(`${dtype} ${metric}: are the scalar ones at every length`, () => {
      for (const dimension of ALL_DIMENSIONS) {
        const rows = seededRows(dtype, dimension, 2, 3 * dimension)
        checkCodes(spaceOf(dimension), rows, [anywhere])
      }
    })

    it(`${dtype} ${metric}: are the scalar ones at the ends of the range`, () => {
      for (const dimension of [8, 65, 385, 4096]) {
        const rows = extremeRows(dtype, dimension)
        const space = spaceOf(dimension)
        const stride = strideOf(dtype, dimension)
        for (let end = rows.length; end > 0; end -= 5 * stride) {
          checkCodes(space, rows.subarray(Math.max(0, end - 5 * stride), end), [anywhere])
        }
      }
    })

    it(`${dtype} ${metric}: are the same at every offset in a cache line`, () => {
      for (const dimension of [1, 37, 384]) {
        checkCodes(spaceOf(dimension), seededRows(dtype, dimension, 2, 1), OFFSETS.map(shiftedBy))
      }
    })

    it(`${dtype} ${metric}: touch nothing past the end of an array`, () => {
      for (const dimension of EDGE_DIMENSIONS) {
        checkCodes(spaceOf(dimension), seededRows(dtype, dimension, 3, 7), [edge])
      }
    })

    it(`${dtype} ${metric}: assign as the scalar ones do, wherever arrays lie`, () => {
      for (const [i, dimension] of [1, 30, 64, 100, 257, 384].entries()) {
        const space = spaceOf(dimension)
        for (const count of [1 + i, 31 + i, 65 + i]) {
          const places = [edge, shiftedBy(16 * i + count)]
          const listsBy: Run = (provider, place) => listsOf(provider, space, count, place)
          checkAll(listsBy, places, `${nameOf(space)}, ${count} centroids`)
        }
      }
    })
  }

  it('are scanned as the scalar ones are, up to the edge of memory', () => {
    for (const [i, codeDimension] of CODE_DIMENSIONS.entries()) {
      checkScans(codeDimension, 1 + (i % 9), [edge])
    }
    for (let count = 0; count < 20; count++) checkScans(384, count, [edge])
  })

  it('are scanned alike at every offset in a cache line', () => {
    for (const codeDimension of [64, 384, 1600]) {
      checkScans(codeDimension, 6, OFFSETS.map(shiftedBy))
    }
  })

  it('are packed as the scalar ones are, up to the edge of memory and at every offset', () => {
    for (const [i, codeDimension] of CODE_DIMENSIONS.entries()) {
      const packed: Run = (provider, place) => {
        const codes = place(seededBytes(4 * codeDimension, codeDimension), 0)
        const block = place(new Uint8Array(blockLayoutOf(codeDimension).byteLength), 1)
        provider.packBlock(codes, block)
        return { block: block.slice() }
      }
      checkAll(packed, [edge, shiftedBy(i)], `D ${codeDimension}`)
    }
  })
})

function checkCodes(space: CodeSpace, rows: Uint8Array, places: readonly Place[]): void {
  checkAll((provider, place) => codesOf(provider, space, rows, place), places, nameOf(space))
}

function checkScans(codeDimension: number, count: number, places: readonly Place[]): void {
  const run: Run = (provider, place) => scanned(provider, codeDimension, count, place)
  checkAll(run, places, `D ${codeDimension}, ${count} blocks`)
}

/** Every instruction set, everywhere, against the scalar kernels. */
function checkAll(run: Run, places: readonly Place[], what: string): void {
  const right = run(scalarKernels, anywhere)
  for (const { isa, provider } of INSTRUCTION_SETS) {
    for (const [i, place] of places.entries()) {
      if (provider !== undefined) {
        expectSame(run(provider, place), right, `${isa}, ${what}, place ${i}`)
      }
    }
  }
}

/** As toEqual, which takes many times as long for large arrays; NaN has any bits. */
function expectSame(actual: Results, right: Results, what: string): void {
  for (const [name, numbers] of Object.entries(right)) {
    assertSameNumbers(actual[name]!, numbers, `${what}: ${name}`)
  }
}

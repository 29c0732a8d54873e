/** Part of the kernel suite: code sums, and the rows that survive a bound. */

import assert from 'node:assert/strict'
import { BLOCK_ROWS, type BlockLayout, blockLayoutOf, NO_ROW } from '../code-layout.js'
import type { CodeBound, CodeKernels, CodeScan, Survivors } from '../contract/code-kernels.js'
import { assertSameNumbers } from './kernel-provider-codes-data.js'
import { type KernelSubject, movedTo, seededBytes } from './kernel-provider-data.js'

/** What is in results before a kernel writes them. */
const GARBAGE = 0xaaaa

const FLOAT32_MAX = (2 - 2 ** -23) * 2 ** 127

/**
 * Registers the tests of scanSums and scanBlocks.
 *
 * @internal
 */
export function scanTests(subject: KernelSubject): void {
  const { it, fc } = subject
  it('sums the entries that codes name, at every code dimension', () => {
    for (let codeDimension = 64; codeDimension <= 8192; codeDimension += 64) {
      checkSums(subject, seededScan(codeDimension, 2, codeDimension))
      const { tables, ...scan } = seededScan(codeDimension, 1, codeDimension)
      checkSums(subject, { ...scan, tables: tables.fill(levelsOf(codeDimension)) })
    }
  })

  it('sums any run of blocks at any offset, and writes nothing else', () => {
    const codeDimensions = fc.integer({ min: 1, max: 20 })
    fc.assert(
      fc.property(codeDimensions, fc.nat(9), fc.nat(9), fc.nat(9), fc.nat(63), (...values) => {
        const [steps, from, length, rest, offset] = values
        const scan = seededScan(64 * steps, from + length + rest, offset)
        const blocks = movedTo(offset, scan.blocks)
        const tables = movedTo(63 - offset, scan.tables)
        checkSums(subject, { ...scan, tables, blocks, from, to: from + length })
      }),
    )
  })

  it('keeps the rows whose lower bounds are not above the threshold', () => {
    const codeDimensions = fc.constantFrom(64, 128, 384, 448, 1536, 8192)
    fc.assert(
      fc.property(codeDimensions, fc.nat(6), fc.integer(), (codeDimension, blocks, seed) => {
        const scan = seededScan(codeDimension, blocks, seed)
        for (const bound of boundsOf(subject.codes, scan, seed)) {
          checkSurvivors(subject, scan, bound, 32 * blocks)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('stops where there is no room for a whole block, and goes on from there', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.nat(130), fc.integer(), (blockCount, room, seed) => {
        const scan = seededScan(192, blockCount, seed)
        for (const bound of boundsOf(subject.codes, scan, seed)) {
          checkSurvivors(subject, scan, bound, room)
          if (room >= BLOCK_ROWS) checkResumption(subject, scan, bound, room)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('never keeps a lane without a row', () => checkEmptyLanes(subject))
}

/** Entries of tables are at most this: docs/codes.md. */
function levelsOf(codeDimension: number): number {
  return Math.min(63, Math.floor(65_535 / (codeDimension / 4)))
}

/**
 * Random tables, codes and factors: some rows have no estimate, some blocks lack rows.
 *
 * @internal
 */
export function seededScan(codeDimension: number, blockCount: number, seed: number): CodeScan {
  const layout = blockLayoutOf(codeDimension)
  const levels = levelsOf(codeDimension)
  const tables = seededBytes(4 * codeDimension, seed).map((byte) => byte % (levels + 1))
  const blocks = seededBytes(blockCount * layout.byteLength, ~seed)
  for (let block = 0; block < blockCount; block++) {
    const bytes = blocks.subarray(block * layout.byteLength, (block + 1) * layout.byteLength)
    fillFactors(bytes, layout, block)
  }
  return { codeDimension, tables, blocks, from: 0, to: blockCount }
}

function fillFactors(block: Uint8Array, layout: BlockLayout, index: number): void {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  const filled = index % 3 === 2 ? (block[0]! % BLOCK_ROWS) + 1 : BLOCK_ROWS
  for (let lane = 0; lane < BLOCK_ROWS; lane++) {
    const draw = (part: number): number => view.getInt32(part + 4 * lane, true) / 2 ** 31
    const [f, a, e] = [layout.factorsAt, layout.offsetsAt, layout.errorsAt].map(draw)
    const factors: [number, number, number] = [-Math.abs(f!), a!, Math.abs(e!)]
    if (block[lane]! % 16 === 0) factors.splice(0, 3, 0, 0, Number.POSITIVE_INFINITY)
    if (block[lane]! % 16 === 1) factors[0] = -FLOAT32_MAX
    if (lane >= filled) factors.splice(0, 3, 0, Number.POSITIVE_INFINITY, 0)
    factors.forEach((factor, i) => {
      view.setFloat32(layout.factorsAt + (i * BLOCK_ROWS + lane) * 4, factor, true)
    })
    const number = lane < filled ? index * BLOCK_ROWS + lane : NO_ROW
    view.setUint32(layout.rowsAt + 4 * lane, number, true)
    for (let p = 0; lane >= filled && p < layout.codeBytes; p++) block[p * BLOCK_ROWS + lane] = 0
  }
}

/** Bounds that all rows, some rows and no row pass; some that a row passes by next to nothing. */
function boundsOf(codes: CodeKernels, scan: CodeScan, seed: number): CodeBound[] {
  const sumMax = (scan.codeDimension / 4) * levelsOf(scan.codeDimension)
  const [s, b, w] = seededBytes(3, seed)
  const scale = 2 / sumMax + s! * 2 ** -20
  const bound = { scale, bias: -b! / 128, weight: w! / 256, threshold: Number.POSITIVE_INFINITY }
  const all = emptySurvivors(BLOCK_ROWS * (scan.to - scan.from))
  codes.scanBlocks(scan, bound, all)
  const seen = [...all.bounds.subarray(0, all.count)].filter(Number.isFinite)
  const [first = 0, second = 1] = seen
  const middle = seen.toSorted((x, y) => x - y)[seen.length >> 1] ?? 0
  // To the next float32 or half of that. Rounded to nearest instead of up, some rows are lost.
  const step = 2 ** (Math.floor(Math.log2(Math.abs(second))) - 23)
  const { POSITIVE_INFINITY, NEGATIVE_INFINITY, NaN: none } = Number
  const thresholds = [POSITIVE_INFINITY, NEGATIVE_INFINITY, none, first, middle, 1e300, -1e300]
  return [
    ...thresholds.map((threshold) => ({ ...bound, threshold })),
    ...[-0.75, -0.25, 0.25].map((part) => ({ ...bound, threshold: second + part * step })),
    { ...bound, weight: 0, threshold: middle },
    { ...bound, weight: POSITIVE_INFINITY, threshold: middle },
    { scale: 0, bias: 0, weight: 1, threshold: first },
    { ...bound, scale: 1e30, threshold: middle },
  ]
}

/** Room for so many rows, and for a block at least. */
function emptySurvivors(rowCount: number): Survivors {
  const room = Math.max(BLOCK_ROWS, rowCount)
  const rows = new Uint32Array(room).fill(GARBAGE)
  return { rows, bounds: new Float32Array(room).fill(GARBAGE), count: 0 }
}

function checkSums({ provider, codes }: KernelSubject, scan: CodeScan): void {
  const length = BLOCK_ROWS * (scan.to - scan.from)
  const around = new Uint16Array(length + 2).fill(GARBAGE)
  provider.scanSums(scan, around.subarray(1, length + 1))
  const right = new Uint16Array(length + 2).fill(GARBAGE)
  codes.scanSums(scan, right.subarray(1, length + 1))
  assertSameNumbers(around, right, `D ${scan.codeDimension}: sums`)
}

/** Survivors of one call that begins with some entries in use. */
function checkSurvivors(
  { provider, codes }: KernelSubject,
  scan: CodeScan,
  bound: CodeBound,
  room: number,
): void {
  const count = Math.max(3, BLOCK_ROWS - room)
  const [actual, right] = [emptySurvivors(room), emptySurvivors(room)]
  actual.count = count
  right.count = count
  const next = provider.scanBlocks(scan, bound, actual)
  const what = `D ${scan.codeDimension}, threshold ${bound.threshold}, weight ${bound.weight}`
  assert.equal(next, codes.scanBlocks(scan, bound, right), `${what}: next block`)
  assert.equal(actual.count, right.count, `${what}: count`)
  for (const survivors of [actual, right]) {
    survivors.rows.fill(GARBAGE, survivors.count)
    survivors.bounds.fill(GARBAGE, survivors.count)
  }
  assertSameNumbers(actual.rows, right.rows, `${what}: rows`)
  assertSameNumbers(actual.bounds, right.bounds, `${what}: bounds`)
}

/** Many calls with little room find what one call with much room finds. */
function checkResumption(
  { provider }: KernelSubject,
  scan: CodeScan,
  bound: CodeBound,
  room: number,
): void {
  const whole = emptySurvivors(BLOCK_ROWS * scan.to)
  assert.equal(provider.scanBlocks(scan, bound, whole), scan.to)
  const found: Array<readonly [number, number]> = []
  const some = emptySurvivors(room)
  for (let from = 0; from < scan.to; ) {
    some.count = 0
    const next = provider.scanBlocks({ ...scan, from }, bound, some)
    assert.ok(next > from, 'there was room for a block, and it was not scanned')
    for (let i = 0; i < some.count; i++) found.push([some.rows[i]!, some.bounds[i]!])
    from = next
  }
  const [rows, bounds] = [0, 1].map((i) => found.map((entry) => entry[i]!))
  assertSameNumbers(rows!, whole.rows.subarray(0, whole.count), 'rows in parts')
  assertSameNumbers(bounds!, whole.bounds.subarray(0, whole.count), 'bounds in parts')
}

/** Blocks of which every number of lanes has a row, under bounds that everything passes. */
function checkEmptyLanes({ provider }: KernelSubject): void {
  const { POSITIVE_INFINITY, NaN: none } = Number
  for (let filled = 1; filled <= BLOCK_ROWS; filled++) {
    const scan = seededScan(64, 3, filled)
    const block = scan.blocks.subarray(0, blockLayoutOf(64).byteLength)
    const layout = blockLayoutOf(64)
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
    for (let lane = filled; lane < BLOCK_ROWS; lane++) {
      view.setFloat32(layout.factorsAt + 4 * lane, 0, true)
      view.setFloat32(layout.offsetsAt + 4 * lane, POSITIVE_INFINITY, true)
      view.setFloat32(layout.errorsAt + 4 * lane, 0, true)
      view.setUint32(layout.rowsAt + 4 * lane, NO_ROW, true)
    }
    for (const threshold of [POSITIVE_INFINITY, FLOAT32_MAX, none]) {
      for (const weight of [0, 1, POSITIVE_INFINITY]) {
        const survivors = emptySurvivors(BLOCK_ROWS)
        const bound = { scale: 1e-3, bias: -1, weight, threshold }
        assert.equal(provider.scanBlocks({ ...scan, to: 1 }, bound, survivors), 1)
        const rows = survivors.rows.subarray(0, survivors.count)
        assert.ok(!rows.includes(NO_ROW), `threshold ${threshold}, weight ${weight}`)
        assert.ok(survivors.count <= filled)
        if (threshold !== FLOAT32_MAX) assert.equal(survivors.count, filled)
      }
    }
  }
}

/** Rows that can be recognised: their bytes follow from the row and the generation of its claim. */

import assert from 'node:assert/strict'
import type { VectorStore } from '../contract/index.js'

/** Writes the bytes of a row. */
function fillRow(target: Uint8Array, row: number, generation: number): void {
  // A xorshift, so that neighbours differ in most bytes; never 0, which would stay 0.
  let state = (Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(generation + 1, 0x85ebca6b)) | 1
  for (let i = 0; i < target.length; i += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    target[i] = state
  }
}

/**
 * The bytes of a row.
 *
 * @internal
 */
export function expectedRow(stride: number, row: number, generation: number): Uint8Array {
  const bytes = new Uint8Array(stride)
  fillRow(bytes, row, generation)
  return bytes
}

/**
 * Claims rows and fills them.
 *
 * @internal
 */
export async function claimAndFill(
  store: VectorStore,
  rowCount: number,
  generation = 0,
): Promise<void> {
  const { stride } = store
  for (const span of await store.claim(rowCount)) {
    for (let i = 0; i < span.rowCount; i += 1) {
      fillRow(span.bytes.subarray(i * stride, (i + 1) * stride), span.row + i, generation)
    }
  }
}

/**
 * What rows should be.
 *
 * @internal
 */
export interface ExpectedRows {
  /** The generation of the claim of a row. Default 0. */
  readonly generationOf?: (row: number) => number
  /** Segments that were freed, whose rows are left out. */
  readonly freed?: ReadonlySet<number>
}

/**
 * Checks the bytes of all rows below `rowCount`.
 *
 * @internal
 */
export function expectRows(
  store: VectorStore,
  rowCount: number,
  { generationOf = () => 0, freed = new Set() }: ExpectedRows = {},
): void {
  const { stride, rowsPerSegment } = store
  const rows = Uint32Array.from({ length: rowCount }, (_, row) => row).filter(
    (row) => !freed.has(Math.floor(row / rowsPerSegment)),
  )
  const out = new Uint8Array(rows.length * stride)
  store.read(rows, out)
  const expected = new Uint8Array(stride)
  rows.forEach((row, at) => {
    fillRow(expected, row, generationOf(row))
    const actual = out.subarray(at * stride, (at + 1) * stride)
    const same = expected.every((byte, i) => byte === actual[i])
    assert.ok(same, `row ${row} does not have the bytes of generation ${generationOf(row)}`)
  })
}

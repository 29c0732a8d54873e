/** Rows leave no objects behind: what they take is in leased memory. */

import { expect, it } from 'vitest'
import { runChild } from '../crash/child-process.js'

const ROWS = 1_000_000
/** One object per row, however small, would be 12 bytes or more. */
const HEAP_BYTES_PER_ROW_MAX = 2

it.each([
  ['u64', 24],
  ['assigned', 1],
  ['string', 64],
] as const)('a million rows with %s ids leave no objects on the heap', async (idKind, idBytes) => {
  const { code, lines, stderr } = await runChild({
    script: '../memory/heap-child.mjs',
    work: { idKind, rowCount: ROWS },
  })
  expect(code, stderr).toBe(0)
  const told = JSON.parse(lines.at(-1) ?? '')
  expect(told.rows).toBe(ROWS + 100_000)
  expect(told.heapBytesPerRow).toBeLessThan(HEAP_BYTES_PER_ROW_MAX)
  expect(told.idBytesPerRow).toBeLessThanOrEqual(idBytes)
})

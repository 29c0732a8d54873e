/** Code sums: what a scan does for every row, one block of 32 lanes at a time. */

import { BLOCK_ROWS } from '../../../code-layout.js'

/**
 * The code sums of the lanes of one block.
 *
 * @param tables - 32 bytes for each byte of a code
 * @param blocks - where the block lies
 * @param at - the first byte of the block
 * @param sums - 32 of them
 * @internal
 */
export function sumCodes(
  tables: Uint8Array,
  blocks: Uint8Array,
  at: number,
  sums: Uint16Array,
): void {
  const end = at + tables.length
  for (let lane = 0; lane < BLOCK_ROWS; lane++) {
    let sum = 0
    let table = 0
    for (let i = at + lane; i < end; i += BLOCK_ROWS) {
      const byte = blocks[i]!
      sum += tables[table + (byte & 15)]! + tables[table + 16 + (byte >> 4)]!
      table += 32
    }
    sums[lane] = sum
  }
}

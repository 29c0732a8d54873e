/** From 32 codes one after the other to the code part of a block. */

import { BLOCK_ROWS } from '../../../code-layout.js'

/**
 * Transposes 32 row-major codes: byte `p` of code `j` goes to `at + 32 p + j`.
 *
 * @param codes - `32 codeBytes` bytes
 * @param target - where the block lies
 * @param at - the first byte of the block
 * @internal
 */
export function packCodes(codes: Uint8Array, target: Uint8Array, at: number): void {
  const codeBytes = codes.length / BLOCK_ROWS
  for (let lane = 0; lane < BLOCK_ROWS; lane++) {
    const code = lane * codeBytes
    for (let p = 0; p < codeBytes; p++) target[at + p * BLOCK_ROWS + lane] = codes[code + p]!
  }
}

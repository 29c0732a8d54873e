/** Factors and row numbers of blocks, as typed arrays over them. */

import { type BlockLayout, blockLayoutOf } from '../../../code-layout.js'

/**
 * A run of blocks and its columns: those of block `i` start at element
 * `(i * byteLength + factorsAt) / 4`, F, A, E and row numbers, 32 of each.
 *
 * @internal
 */
export class BlockColumns {
  /** Where things lie. */
  readonly layout: BlockLayout
  /** The blocks. */
  readonly bytes: Uint8Array
  /** All of them as float32. */
  readonly floats: Float32Array
  /** All of them as u32. */
  readonly integers: Uint32Array

  /** Blocks that are not aligned are copied: whoever has many keeps them aligned. */
  constructor(blocks: Uint8Array, codeDimension: number) {
    this.layout = blockLayoutOf(codeDimension)
    this.bytes = blocks.byteOffset % 4 === 0 ? blocks : blocks.slice()
    const { buffer, byteOffset, byteLength } = this.bytes
    this.floats = new Float32Array(buffer, byteOffset, byteLength / 4)
    this.integers = new Uint32Array(buffer, byteOffset, byteLength / 4)
  }

  /** The element where the columns of a block start. */
  columnsAt(block: number): number {
    return (block * this.layout.byteLength + this.layout.factorsAt) / 4
  }
}

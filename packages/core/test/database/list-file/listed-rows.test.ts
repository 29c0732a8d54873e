import { describe, expect, it } from 'vitest'
import { blockLayoutOf, codeDimensionOf } from '../../../src/code-layout.js'
import { ListedRows } from '../../../src/database/list-file/listed-rows.js'
import { clusterRows } from '../../../src/index/cluster/cluster-rows.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import { hostOf, inputOf, someRows } from '../../index/cluster/cluster-fixture.js'

const ROWS = 256
const DIMENSION = 40

/** Where the lists of all rows end, and what is noted of them. */
async function noted(firstRow: number, mask?: Uint32Array, lost?: number) {
  const rows = someRows(ROWS, DIMENSION)
  const { chunks, extents } = await clusterRows(scalarKernels, inputOf(rows), hostOf())
  const layout = blockLayoutOf(codeDimensionOf('float32', DIMENSION))
  const [chunk] = chunks
  const counts = Uint32Array.from({ length: extents.length / 3 }, (_, i) => extents[3 * i + 2]!)
  const words = new Uint32Array(chunk!.buffer, chunk!.byteOffset, chunk!.byteLength / 4)
  for (let at = layout.rowsAt / 4; at < words.length; at += layout.byteLength / 4) {
    const numbers = words.subarray(at, at + 32)
    for (const [lane, row] of numbers.entries()) if (row === lost) numbers[lane] = ROWS - 1
  }
  const listed = new ListedRows(ROWS, { firstRow, mask })
  expect(chunks).toHaveLength(1)
  expect(await listed.add(chunk!, counts, layout)).toBeUndefined()
  return listed
}

describe('rows of lists that were read', () => {
  it('are all there, also where the first ones were freed since', async () => {
    for (const firstRow of [0, 32, 224, 256, 512]) {
      expect((await noted(firstRow)).findMissing()).toBeUndefined()
      const words = Math.max(0, ROWS - firstRow) / 32 + 1
      const mask = new Uint32Array(words).fill(0xffffffff)
      expect((await noted(firstRow, mask)).findMissing()).toBeUndefined()
    }
  })

  it('lack one that is alive, and none that died or was freed', async () => {
    const mask = new Uint32Array(ROWS / 32).fill(0xffffffff)
    for (const lost of [0, 31, 100, 250]) {
      for (const firstRow of [0, 32, 96]) {
        const isLeft = lost >= firstRow
        const listed = await noted(firstRow, undefined, lost)
        expect(listed.findMissing()).toBe(isLeft ? lost : undefined)
        const at = lost - firstRow
        if (isLeft) mask[at >>> 5]! &= ~(1 << (at & 31))
        expect((await noted(firstRow, mask, lost)).findMissing()).toBeUndefined()
        mask.fill(0xffffffff)
      }
    }
  })
})

/** The function over a whole index. Blocks and row numbers are random: anything may be in them. */
import { blockLayoutOf } from '../../../core/src/code-layout.js'
import { blockBytes, makeSpace, type Space } from './code-targets.js'
import { openRegion } from './memory-targets.js'
import { makeHeap } from './row-targets.js'
import type { Making, Targets } from './target.js'

const HEAP_AT = 20

/** segments, rowsPerSegment, firstRow, rowCount, mask. */
function makeTable(making: Making, { stride }: Space): { table: unknown[]; rowCount: number } {
  const { arena, draw } = making
  const rowsPerSegment = draw.integer(
    1,
    Math.max(1, Math.min(60, 32_768 >> Math.ceil(Math.log2(stride)))),
  )
  const rowCount = draw.integer(0, Math.floor(3.5 * rowsPerSegment))
  const firstRow = draw.oneOf([0, draw.integer(0, 4 * rowsPerSegment), 0xffffffff])
  const needed = Math.ceil(rowCount / rowsPerSegment)
  const segments = arena.array('Uint32Array', needed + draw.integer(0, 1))
  for (let i = 0; i < needed; i++) {
    const rows = Math.min(rowsPerSegment, rowCount - i * rowsPerSegment)
    const bytes = arena.array('Uint8Array', rows * stride + draw.integer(0, 3))
    segments[i] = draw.oneOf([0, openRegion(making, bytes), openRegion(making, bytes)])
  }
  const words = Math.ceil(Math.max(0, rowCount - firstRow) / 32)
  const mask = arena.array('Uint32Array', words + draw.integer(0, 1))
  const masks = draw.oneOf([mask, undefined])
  return { table: [segments, rowsPerSegment, firstRow, rowCount, masks], rowCount }
}

/** Extents in one region or another; the row numbers of some lanes are those of rows. */
function makeExtents(making: Making, space: Space, count: number, rowCount: number): unknown {
  const { arena, draw } = making
  const { byteLength, rowsAt } = blockLayoutOf(space.codeDimension)
  const blocksMax = byteLength > 8192 ? 2 : 8
  const slabs = [1, 2].map(() => {
    const blocks = arena.array('Uint8Array', blocksMax * byteLength + draw.integer(0, 9))
    const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength)
    for (let i = 0; i < 32 * blocksMax && rowCount > 0; i += draw.integer(1, 5)) {
      const at = Math.floor(i / 32) * byteLength + rowsAt + 4 * (i % 32)
      view.setUint32(at, (i * 7) % rowCount, true)
    }
    return openRegion(making, blocks)
  })
  const extents = arena.array('Uint32Array', 3 * count)
  for (let i = 0; i < count; i++) {
    const first = draw.integer(0, blocksMax)
    const rows = draw.integer(0, 32 * (blocksMax - first))
    extents.set([draw.oneOf(slabs), first, rows], 3 * i)
  }
  return extents
}

/** The functions. */
export const LIST_TARGETS: Targets = {
  searchLists: {
    outputs: [HEAP_AT + 2, HEAP_AT + 3, HEAP_AT + 5],
    make: (making) => {
      const { arena, draw } = making
      const space = makeSpace(making)
      const { table, rowCount } = makeTable(making, space)
      const listCount = draw.oneOf([0, draw.integer(1, space.elements > 1000 ? 3 : 90)])
      const query = arena.array('Uint8Array', space.stride)
      const centroids = arena.array('Float32Array', listCount * space.elements)
      const blocks = arena.array('Uint8Array', blockBytes(space, listCount))
      const lists = [centroids, blocks, makeExtents(making, space, listCount, rowCount)]
      const tail = makeExtents(making, space, draw.integer(0, 3), rowCount)
      const looseFrom = draw.oneOf([draw.integer(0, rowCount), 0xffffffff])
      const probes = draw.oneOf([draw.integer(0, 9), draw.integer(0, 90), 0xffffffff])
      const reach = draw.oneOf([-Infinity, -1, 0, 1, 1e300, Infinity])
      const eps = [0, 1].map(() => draw.oneOf([0, 1.9, 1e300, Infinity]))
      return [
        ...[...space.shared, query, ...table, ...lists, tail, looseFrom, probes, reach, ...eps],
        ...[...makeHeap(making), arena.array('Float64Array', 4)],
      ]
    },
  },
}

/** The functions over 1-bit codes: making them, scanning them, the lists of rows. */
import { blockLayoutOf, codeDimensionOf, codeElementsOf } from '../../../core/src/code-layout.js'
import { strideOf } from '../../../core/src/dtype.js'
import { drawMetric, drawRowCount, drawShape } from './row-targets.js'
import type { Making, Targets } from './target.js'

const NO_ROW = 0xffffffff
const CODE_DIMENSIONS: readonly number[] = [64, 128, 192, 384, 1024, 8192]

/** A space. */
export interface Space {
  /** metric, dtype, dimension, mean, signs. */
  readonly shared: readonly unknown[]
  readonly stride: number
  readonly elements: number
  readonly codeDimension: number
}

/** A space of any dtype. */
export function makeSpace(making: Making): Space {
  const { arena } = making
  const { code, dtype, dimension } = drawShape(making)
  const elements = codeElementsOf(dtype, dimension)
  const codeDimension = codeDimensionOf(dtype, dimension)
  const mean = arena.array('Float32Array', elements)
  const signs = arena.array('Float32Array', 2 * codeDimension)
  const shared = [drawMetric(making, dtype), code, dimension, mean, signs]
  return { shared, stride: strideOf(dtype, dimension), elements, codeDimension }
}

/** Bytes of the blocks of so many rows. */
export function blockBytes({ codeDimension }: Space, rowCount: number): number {
  return Math.ceil(rowCount / 32) * blockLayoutOf(codeDimension).byteLength
}

/** codeDimension, tables, blocks, from, to. */
function makeScan({ arena, draw }: Making): { shared: unknown[]; count: number } {
  const codeDimension = draw.oneOf(CODE_DIMENSIONS)
  const blockCount = draw.integer(0, codeDimension > 1024 ? 2 : 9)
  const tables = arena.array('Uint8Array', 4 * codeDimension)
  const { byteLength } = blockLayoutOf(codeDimension)
  const blocks = arena.array('Uint8Array', blockCount * byteLength)
  const from = draw.integer(0, blockCount)
  const to = draw.integer(from, blockCount)
  return { shared: [codeDimension, tables, blocks, from, to], count: to - from }
}

function drawNumber({ draw }: Making): number {
  return draw.oneOf([0, 1, -1, 0.001, 1e38, 1e300, Infinity, -Infinity, Number.NaN])
}

/** Blocks, starts and the beam; or no groups. */
function makeGroups({ arena, draw }: Making, space: Space, centroidCount: number): unknown[] {
  if (draw.integer(0, 2) === 0) return [undefined, undefined, 0]
  const groupCount = draw.integer(1, centroidCount)
  const blocks = arena.array('Uint8Array', blockBytes(space, groupCount))
  const starts = arena.array('Uint32Array', groupCount + 1)
  for (let i = 0; i <= groupCount; i++) starts[i] = i
  starts[groupCount] = centroidCount
  return [blocks, starts, draw.integer(1, 64)]
}

/** The functions. */
export const CODE_TARGETS: Targets = {
  encode: {
    outputs: [7],
    make: (making) => {
      const { arena, draw } = making
      const space = makeSpace(making)
      const rowCount = drawRowCount(making, space.stride)
      const rows = arena.array('Uint8Array', rowCount * space.stride)
      const blocks = arena.array('Uint8Array', blockBytes(space, rowCount))
      const centre = draw.oneOf([undefined, arena.array('Float32Array', space.elements)])
      return [...space.shared, rows, draw.oneOf([0, 7, NO_ROW - rowCount]), blocks, centre]
    },
  },
  packBlock: {
    outputs: [1],
    make: ({ arena, draw }) => {
      const codeBytes = draw.oneOf(CODE_DIMENSIONS) / 8
      const codes = arena.array('Uint8Array', 32 * codeBytes)
      return [codes, arena.array('Uint8Array', codes.length + 512)]
    },
  },
  buildTables: {
    outputs: [6, 7],
    make: (making) => {
      const { arena } = making
      const space = makeSpace(making)
      const query = arena.array('Uint8Array', space.stride)
      const tables = arena.array('Uint8Array', 4 * space.codeDimension)
      return [...space.shared, query, tables, arena.array('Float32Array', 4)]
    },
  },
  scanSums: {
    outputs: [5],
    make: (making) => {
      const { shared, count } = makeScan(making)
      const room = 32 * count + making.draw.integer(0, 3)
      return [...shared, making.arena.array('Uint16Array', room)]
    },
  },
  scanBlocks: {
    outputs: [9, 10, 11],
    make: (making) => {
      const { arena, draw } = making
      const { shared, count } = makeScan(making)
      const bound = Array.from({ length: 4 }, () => drawNumber(making))
      const room = draw.integer(32, 32 * count + 35)
      const rows = arena.array('Uint32Array', room)
      const state = arena.array('Uint32Array', 1).fill(draw.integer(0, room))
      return [...shared, ...bound, rows, arena.array('Float32Array', room), state]
    },
  },
  assign: {
    outputs: [14],
    make: (making) => {
      const { arena, draw } = making
      const space = makeSpace(making)
      const rowCount = drawRowCount(making, space.stride)
      const rows = arena.array('Uint8Array', rowCount * space.stride)
      const centroidCount = draw.integer(1, space.elements > 1000 ? 3 : 70)
      const centroids = arena.array('Float32Array', centroidCount * space.elements)
      const blocks = arena.array('Uint8Array', blockBytes(space, centroidCount))
      const listsPerRow = draw.integer(1, 2)
      const limits = [draw.integer(1, 64), draw.oneOf([0, 0.01, 10, 1e300]), listsPerRow]
      const lists = arena.array('Uint32Array', listsPerRow * rowCount)
      const groups = makeGroups(making, space, centroidCount)
      return [...space.shared, rows, centroids, blocks, ...groups, ...limits, lists]
    },
  },
  accumulateMeans: {
    outputs: [7, 8],
    make: (making) => {
      const { arena, draw } = making
      const space = makeSpace(making)
      const rowCount = drawRowCount(making, space.stride)
      const rows = arena.array('Uint8Array', rowCount * space.stride)
      const listCount = draw.integer(1, 20)
      const lists = arena.array('Uint32Array', rowCount)
      for (let i = 0; i < rowCount; i++) {
        lists[i] = lists[i]! % 7 === 0 ? NO_ROW : lists[i]! % listCount
      }
      const sums = arena.array('Float64Array', listCount * space.elements)
      return [...space.shared, rows, lists, sums, arena.array('Uint32Array', listCount)]
    },
  },
}

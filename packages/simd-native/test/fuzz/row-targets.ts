/** The functions that rows pass: checksums, ingest, distances, the nearest. */
import { DTYPES, type Dtype, strideOf } from '../../../core/src/dtype.js'
import { METRICS, metricFits } from '../../../core/src/metric.js'
import type { Making, Targets } from './target.js'

const UINT32_MAX = 0xffffffff
const ROWS_MAX = 70

/** A dtype and a dimension: mostly small, now and then at the ends of vectors or the limit. */
export function drawShape({ draw }: Making): { code: number; dtype: Dtype; dimension: number } {
  const code = draw.integer(0, DTYPES.length - 1)
  const dimensionMax = draw.oneOf([4, 70, 70, 300, 4096])
  return { code, dtype: DTYPES[code]!, dimension: draw.integer(1, dimensionMax) }
}

/** Fewer rows where they are long. */
export function drawRowCount({ draw }: Making, stride: number): number {
  return draw.integer(0, Math.min(ROWS_MAX, Math.ceil(65_536 / stride)))
}

/** The code of a metric that goes with the dtype. */
export function drawMetric({ draw }: Making, dtype: Dtype): number {
  return METRICS.indexOf(draw.oneOf(METRICS.filter((metric) => metricFits(metric, dtype))))
}

/** metric, dtype, dimension, query, rows; and how many rows these are. */
function makeScan(making: Making): { shared: unknown[]; rowCount: number } {
  const { arena, draw } = making
  const { code, dtype, dimension } = drawShape(making)
  const stride = strideOf(dtype, dimension)
  const rowCount = drawRowCount(making, stride)
  // A part of a row at the end is no row.
  const bytes = rowCount * stride + draw.integer(0, stride - 1)
  const arrays = [arena.array('Uint8Array', stride), arena.array('Uint8Array', bytes)]
  return { shared: [drawMetric(making, dtype), code, dimension, ...arrays], rowCount }
}

/** from, to, rowBase, mask. */
function makeRange({ arena, draw }: Making, rowCount: number): unknown[] {
  const from = draw.integer(0, rowCount)
  const to = draw.integer(from, rowCount)
  const mask = arena.array('Uint32Array', Math.ceil(to / 32) + draw.integer(0, 1))
  const rowBase = draw.oneOf([0, draw.integer(0, 1000), UINT32_MAX + 1 - to - 1])
  return [from, to, Math.max(0, rowBase), draw.oneOf([mask, undefined])]
}

/** k, distanceMax, distances, rows, count. */
export function makeHeap({ arena, draw }: Making): unknown[] {
  const k = draw.integer(1, 20)
  const arrays = [
    arena.array('Float64Array', k + draw.integer(0, 2)),
    arena.array('Uint32Array', k + draw.integer(0, 2)),
  ]
  return [k, draw.oneOf([Infinity, -Infinity, 0, 1e6]), ...arrays, draw.integer(0, k)]
}

/** The functions. */
export const ROW_TARGETS: Targets = {
  crc32c: {
    outputs: [],
    make: ({ arena, draw }) => {
      const length = draw.oneOf([draw.integer(0, 100), draw.integer(0, 20_000)])
      return [arena.array('Uint8Array', length), draw.oneOf([0, UINT32_MAX, draw.integer(0, 99)])]
    },
  },
  ingest: {
    outputs: [3],
    make: (making) => {
      const { arena, draw } = making
      const { code, dtype, dimension } = drawShape(making)
      const stride = strideOf(dtype, dimension)
      const rowCount = drawRowCount(making, stride)
      const source = arena.array('Uint8Array', rowCount * stride)
      const target = draw.oneOf([source, arena.array('Uint8Array', rowCount * stride)])
      return [code, dimension, source, target, rowCount, draw.oneOf([0, UINT32_MAX])]
    },
  },
  distances: {
    outputs: [6],
    make: (making) => {
      const { arena, draw } = making
      const { shared, rowCount } = makeScan(making)
      const ids = arena.array('Uint32Array', rowCount === 0 ? 0 : draw.integer(0, ROWS_MAX))
      for (let i = 0; i < ids.length; i++) ids[i] = ids[i]! % rowCount
      return [...shared, ids, arena.array('Float64Array', ids.length + draw.integer(0, 2))]
    },
  },
  distancesRange: {
    outputs: [6],
    make: (making) => {
      const { arena, draw } = making
      const { shared, rowCount } = makeScan(making)
      const from = draw.integer(0, rowCount)
      return [...shared, from, arena.array('Float64Array', draw.integer(0, rowCount - from))]
    },
  },
  nearest: {
    outputs: [11, 12],
    make: (making) => {
      const { shared, rowCount } = makeScan(making)
      return [...shared, ...makeRange(making, rowCount), ...makeHeap(making)]
    },
  },
}

/** The functions that memory passes: regions, and advice about pages. */
import type { Making, Targets } from './target.js'

/** Opens a region that is closed when the call is over. */
export function openRegion({ arena, functions }: Making, bytes: Uint8Array): number {
  const handle = functions.regionOpen(bytes)
  arena.defer(() => {
    try {
      functions.regionClose(handle)
    } catch (error) {
      // The call itself may have closed it.
      if ((error as { code?: string }).code !== 'SLUICE_CLOSED') throw error
    }
  })
  return handle
}

/** The functions. */
export const MEMORY_TARGETS: Targets = {
  regionOpen: {
    outputs: [],
    codes: ['SLUICE_LIMIT_EXCEEDED'],
    make: ({ arena, draw }) => [arena.array('Uint8Array', draw.integer(0, 300))],
    undo: ({ functions }, handle) => functions.regionClose(handle as number),
  },
  regionClose: {
    outputs: [],
    codes: ['SLUICE_CLOSED'],
    make: (making) => {
      const bytes = making.arena.array('Uint8Array', making.draw.integer(0, 300))
      return [openRegion(making, bytes)]
    },
  },
  regionRead: {
    outputs: [2],
    make: (making) => {
      const { arena, draw } = making
      const bytes = arena.array('Uint8Array', draw.integer(0, 300))
      const handle = openRegion(making, bytes)
      const offset = draw.integer(0, bytes.length)
      const target = arena.array('Uint8Array', draw.integer(0, bytes.length - offset))
      return [handle, offset, target]
    },
  },
  gatherRows: {
    outputs: [4],
    make: (making) => {
      const { arena, draw } = making
      const [rowsPerSegment, stride] = [draw.integer(1, 9), draw.integer(1, 70)]
      const segments = arena.array('Uint32Array', draw.integer(1, 3))
      for (let i = 0; i < segments.length; i++) {
        const bytes = arena.array('Uint8Array', rowsPerSegment * stride + draw.integer(0, 3))
        segments[i] = openRegion(making, bytes)
      }
      const rows = arena.array('Uint32Array', draw.integer(0, 20))
      for (let i = 0; i < rows.length; i++) {
        rows[i] = draw.integer(0, segments.length * rowsPerSegment - 1)
      }
      return [
        segments,
        rowsPerSegment,
        rows,
        stride,
        arena.array('Uint8Array', rows.length * stride),
      ]
    },
  },
  adviseHugePages: {
    outputs: [],
    make: ({ arena, draw }) => [arena.array('Uint8Array', draw.integer(0, 20_000))],
  },
  prefaultStep: {
    outputs: [],
    make: ({ arena, draw }) => {
      const bytes = arena.array('Uint8Array', draw.integer(0, 20_000))
      const from = draw.integer(0, bytes.length)
      return [bytes, from, draw.integer(from, bytes.length)]
    },
  },
  collapseStep: {
    outputs: [],
    make: ({ arena, draw }) => {
      const bytes = arena.array('Uint8Array', draw.integer(0, 20_000))
      const from = draw.integer(0, bytes.length)
      return [bytes, from, draw.integer(from, bytes.length)]
    },
  },
  addressOffset: {
    outputs: [],
    make: ({ arena, draw }) => {
      const bytes = arena.array('Uint8Array', draw.integer(0, 300))
      return [bytes, 2 ** draw.integer(0, 30)]
    },
  },
}

/** Random column frames, as fast-check makes them. */

import fc from 'fast-check'
import type { ColumnFrame, ColumnKind } from '../../src/segment/column-frame.js'

const ID_KINDS: readonly ColumnKind[] = ['u64 ids', 'string ids', 'assigned ids']

function bodyBytes(kind: ColumnKind, rowCount: number, extra: number): number {
  if (kind === 'u64 ids') return 8 * rowCount
  if (kind === 'assigned ids') return 16 * (1 + (extra % rowCount))
  return 4 * rowCount + extra
}

/** A frame whose body has the right length and arbitrary bytes. */
export function frameOf(
  kind: ColumnKind,
  rows: { readonly rowBase: number; readonly rowCount: number },
  extra = 5,
): ColumnFrame {
  const length = bodyBytes(kind, rows.rowCount, extra)
  const body = Uint8Array.from({ length }, (_, i) => Math.imul(i + rows.rowBase + 1, 0x9e37) >>> 7)
  return { kind, ...rows, body }
}

/** What one checkpoint adds to a segment: ids of some rows, perhaps metadata of the same. */
interface Addition {
  readonly rowCount: number
  readonly extra: number
  readonly metadata: boolean
}

/** Frames of one segment in the order in which checkpoints write them. */
export const frameLists: fc.Arbitrary<readonly ColumnFrame[]> = fc
  .record({
    kind: fc.constantFrom(...ID_KINDS),
    rowBase: fc.nat(1_000_000),
    additions: fc.array(
      fc.record<Addition>({
        rowCount: fc.integer({ min: 1, max: 20 }),
        extra: fc.nat(40),
        metadata: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ kind, rowBase, additions }) => {
    const frames: ColumnFrame[] = []
    let row = rowBase
    for (const { rowCount, extra, metadata } of additions) {
      const rows = { rowBase: row, rowCount }
      frames.push(frameOf(kind, rows, extra))
      if (metadata) frames.push(frameOf('metadata', rows, extra))
      row += rowCount
    }
    return frames
  })

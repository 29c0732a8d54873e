import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JudgedWindow } from '../../src/soak/soak-figures.js'
import { fewBatchesNote } from '../../src/soak/soak-text.js'
import type { SoakWindow } from '../../src/soak/soak-window.js'

const BATCH = { rows: 1000, bytes: 4000 }

/** Windows in which so many bytes each were acknowledged. */
function windowsOf(bytes: readonly number[]): JudgedWindow[] {
  return bytes.map((each) => ({ window: { bytes: each } as SoakWindow, named: undefined }))
}

function note(bytes: readonly number[], rows = BATCH.rows): string | undefined {
  return fewBatchesNote(windowsOf(bytes), rows, (rows * BATCH.bytes) / BATCH.rows)
}

describe('fewBatchesNote', () => {
  it('says nothing where windows have room for enough batches, or there are none', () => {
    expect(note([16_000, 16_000, 16_000])).toBeUndefined()
    expect(note([])).toBeUndefined()
  })

  it('names a batch that makes enough of them', () => {
    expect(note([8000, 8000, 8000])).toMatch(/holds 2\.0 batches .*--batch 500 makes 4 a window/)
    expect(note([0, 0, 8000])).toMatch(/holds 0\.0 batches .*--batch 166 makes 4 a window/)
  })

  it('is content with the batch that it names, at a steady rate', () =>
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 15_999 }), (bytes) => {
        const named = Number(/--batch (\d+) /.exec(note([bytes, bytes]) ?? '')?.[1])
        expect(note([bytes, bytes], named)).toBeUndefined()
      }),
    ))
})

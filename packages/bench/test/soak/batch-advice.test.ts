import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failureText } from '../../src/failure-text.js'
import { checkAcknowledged, checkRate, fewBatchesNote } from '../../src/soak/batch-advice.js'
import type { JudgedWindow } from '../../src/soak/soak-figures.js'
import type { SoakWindow } from '../../src/soak/soak-window.js'
import { UsageError } from '../../src/usage-error.js'

const ROW_BYTES = 4
const WINDOW_MS = 100

/** Windows in which so many bytes each were acknowledged. */
function windowsOf(bytes: readonly number[]): JudgedWindow[] {
  return bytes.map((each) => ({ window: { bytes: each } as SoakWindow, named: undefined }))
}

function batchOf(rows: number): { rows: number; bytes: number } {
  return { rows, bytes: rows * ROW_BYTES }
}

function note(bytes: readonly number[], rows = 1000): string | undefined {
  return fewBatchesNote(windowsOf(bytes), batchOf(rows))
}

function failureOf(run: () => void): unknown {
  try {
    run()
    return undefined
  } catch (error) {
    return error
  }
}

/** The batch that a text names. */
function batchIn(text: string): number {
  return Number(/--batch (\d+) makes 4 a window/.exec(text)?.[1])
}

describe('fewBatchesNote', () => {
  it('says nothing where windows have room for enough batches', () => {
    expect(note([16_000, 16_000, 16_000])).toBeUndefined()
  })

  it('names a batch that makes enough of them', () => {
    expect(note([8000, 8000, 8000])).toMatch(/holds 2\.0 batches .*--batch 500 makes 4 a window/)
  })

  it('is content with the batch that it names, at a steady rate', () =>
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 15_999 }), (bytes) => {
        expect(note([bytes, bytes], batchIn(note([bytes, bytes]) ?? ''))).toBeUndefined()
      }),
    ))
})

describe('checkRate', () => {
  it('refuses batches that come in every second window or less often', () => {
    const batch = { rows: 16_384, bytes: 16_384 * 1536 }
    const error = failureOf(() => checkRate(50, batch, WINDOW_MS))
    expect(error).toBeInstanceOf(UsageError)
    expect(String(error)).toContain('a batch of 16384 rows, 25.2 MB, comes every 0.50 s')
    expect(String(error)).toContain('--batch 813 makes 4 a window')
    checkRate(undefined, batch, WINDOW_MS)
    checkRate(126, batch, WINDOW_MS)
  })

  it('names another way out where a single row is too large', () => {
    const error = failureOf(() => checkRate(0.1, { rows: 1, bytes: 100_000 }, WINDOW_MS))
    expect(String(error)).toContain('a greater --rate')
  })

  it('takes the batch that it names', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 1e9 }),
        (rate, rows) => {
          const error = failureOf(() => checkRate(rate, batchOf(rows), WINDOW_MS))
          if (error !== undefined) checkRate(rate, batchOf(batchIn(String(error))), WINDOW_MS)
        },
      ),
    ))
})

describe('checkAcknowledged', () => {
  it('fails where the typical window is empty, without a stack, and says what to change', () => {
    const error = failureOf(() => checkAcknowledged(windowsOf([0, 0, 8000]), batchOf(1000)))
    expect(failureText(error)).toMatch(/^in most windows nothing was acknowledged/)
    expect(failureText(error)).toContain('--batch 166 makes 4 a window')
    expect(failureText(error)).not.toContain('    at ')
    const nothing = failureOf(() => checkAcknowledged(windowsOf([0, 0]), batchOf(1000)))
    expect(failureText(nothing)).toContain('--dim')
    expect(failureOf(() => checkAcknowledged([], batchOf(1000)))).toMatchObject({
      message: expect.stringContaining('--seconds'),
    })
  })

  it('is content where it is not', () => {
    checkAcknowledged(windowsOf([0, 1, 8000]), batchOf(1000))
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STRIDE, TAIL_LIVES, TailFixture } from './tail-fixture.js'

describe('a CodeTail', () => {
  it('encodes whole blocks, once there are rows to take the mean of', async () => {
    const fixture = new TailFixture()
    await fixture.add(1023)
    expect(fixture.check()).toBe(0)
    await fixture.add(50)
    await fixture.catchUp()
    expect(fixture.check()).toBe(1056)
    const mean = fixture.codes.codesOf(0)?.chunk.space.mean ?? []
    let sum = 0
    for (let row = 0; row < 1024; row++) {
      const segment = Math.floor(row / fixture.store.rowsPerSegment)
      const { rowBase, bytes } = fixture.store.segment(segment)
      sum += new Float32Array(bytes.buffer, bytes.byteOffset + (row - rowBase) * STRIDE, 1)[0] ?? 0
    }
    expect(mean[0]).toBeCloseTo(sum / 1024, 6)
  })

  it('keeps up with rows as they are sealed', async () => {
    const fixture = new TailFixture()
    for (let batch = 0; batch < 200; batch++) await fixture.add(32)
    // Time slices end on a slow machine; nothing else may hold it up.
    await fixture.catchUp()
    expect(fixture.check()).toBe(6400)
  })

  it('gives the codes of refused rows back, and those of other rows in their block', async () => {
    const fixture = new TailFixture()
    await fixture.add(1100)
    await fixture.add(200)
    await fixture.catchUp()
    fixture.rewind(1100)
    expect(fixture.check()).toBe(1088)
    await fixture.add(60)
    await fixture.catchUp()
    expect(fixture.check()).toBe(1152)
  })

  it('takes another mean when the rows of the first one were refused', async () => {
    const fixture = new TailFixture()
    await fixture.add(2000)
    await fixture.catchUp()
    const before = fixture.codes.codesOf(0)?.chunk.space
    fixture.rewind(0)
    expect(fixture.codes.codesOf(0)).toBeUndefined()
    await fixture.add(2000)
    await fixture.catchUp()
    expect(fixture.codes.codesOf(0)?.chunk.space.mean).not.toEqual(before?.mean)
    expect(fixture.check()).toBe(1984)
  })

  it('does without memory, says so once, and tries again later', async () => {
    const fixture = new TailFixture()
    fixture.refuse(true)
    await fixture.add(1200)
    await fixture.catchUp()
    expect([fixture.codes.countRows(), fixture.codes.byteLength]).toEqual([0, 0])
    await fixture.add(1200)
    expect(fixture.warnings).toHaveLength(1)
    expect(fixture.warnings[0]).toMatch(/^SLUICE_WARN_ROWS_NOT_ENCODED .*"docs"/)
    fixture.refuse(false)
    await fixture.add(fixture.store.rowsPerSegment)
    await fixture.catchUp()
    expect(fixture.check()).toBe(2880)
  })

  it('gives memory back a segment at a time when it is asked to', async () => {
    const fixture = new TailFixture()
    await fixture.add(2 * fixture.store.rowsPerSegment + 200)
    await fixture.catchUp()
    const { byteLength } = fixture.codes
    expect(fixture.codes.trim()).toBe(true)
    expect(fixture.codes.byteLength).toBe((byteLength / 3) * 2)
    expect(fixture.check()).toBe(2 * fixture.store.rowsPerSegment)
    expect([fixture.codes.trim(), fixture.codes.trim(), fixture.codes.trim()]).toEqual([
      true,
      true,
      false,
    ])
    expect(fixture.check()).toBe(0)
    // Whoever asked needs it more.
    await fixture.add(32)
    expect(fixture.codes.byteLength).toBe(0)
  })

  it('begins behind rows that are in lists, in their space from the next segment on', async () => {
    const fixture = new TailFixture()
    const { store, codes } = fixture
    const { rowsPerSegment } = store
    await fixture.add(2 * rowsPerSegment + 100)
    await fixture.catchUp()
    const own = codes.codesOf(0)?.chunk.space
    const other = { ...own!, mean: own!.mean.map((value) => value + 1) }
    codes.startAt(rowsPerSegment + 64, other)
    expect(codes.codesOf(0)).toBeUndefined()
    expect(fixture.check()).toBe(rowsPerSegment + 96 - 64)
    await fixture.add(rowsPerSegment)
    await fixture.catchUp()
    expect([1, 2, 3].map((segment) => codes.codesOf(segment)?.chunk.space)).toEqual([
      own,
      own,
      other,
    ])
    expect(fixture.check()).toBe(
      Math.floor((3 * rowsPerSegment + 100) / 32) * 32 - rowsPerSegment - 64,
    )
    codes.restart()
    expect(fixture.check()).toBe(0)
    await fixture.catchUp()
    expect(fixture.check()).toBe(Math.floor((3 * rowsPerSegment + 100) / 32) * 32)
  })

  it('has true codes after any sequence of what can happen to rows', async () => {
    await fc.assert(
      fc.asyncProperty(TAIL_LIVES, async (steps) => {
        const fixture = new TailFixture()
        for (const step of steps) {
          await fixture.live(step)
          fixture.check()
        }
      }),
      { numRuns: 40 },
    )
  })
})

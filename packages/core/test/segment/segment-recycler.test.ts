import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claimAndFill, expectRows } from '../../src/conformance/vector-store-rows.js'
import { SegmentRecycler } from '../../src/segment/segment-recycler.js'
import { SMALL, StoreFixture } from './store-fixture.js'

const { segmentBytes } = SMALL

describe('SegmentRecycler', () => {
  let fixture: StoreFixture
  let recycler: SegmentRecycler
  let free: string

  beforeEach(async () => {
    fixture = await StoreFixture.make()
    free = join(fixture.directory, 'free')
    recycler = new SegmentRecycler({ directory: free, bytesMax: 3 * segmentBytes })
  })
  afterEach(() => fixture.dispose())

  async function usedFile(name: string, byteLength: number = segmentBytes): Promise<string> {
    const path = join(fixture.directory, name)
    await writeFile(path, new Uint8Array(byteLength).fill(0xcc))
    return path
  }

  it('gives a file a new place, with its header page blank', async () => {
    const path = await usedFile('a')
    expect(await recycler.give(path, segmentBytes)).toBe(true)
    expect(existsSync(path)).toBe(false)
    const target = join(fixture.directory, 'b')
    expect(await recycler.take(segmentBytes, target)).toBe(true)
    const bytes = await readFile(target)
    expect(bytes.byteLength).toBe(segmentBytes)
    expect(bytes.subarray(0, 4096).every((byte) => byte === 0)).toBe(true)
    expect(bytes[4096]).toBe(0xcc)
    expect(await recycler.take(segmentBytes, target)).toBe(false)
  })

  it('keeps no more bytes than it may, and no file of a length it was not told', async () => {
    for (const name of ['a', 'b', 'c']) {
      expect(await recycler.give(await usedFile(name), segmentBytes)).toBe(true)
    }
    const path = await usedFile('d')
    expect(await recycler.give(path, segmentBytes)).toBe(false)
    expect(existsSync(path)).toBe(true)
    await recycler.take(segmentBytes, join(fixture.directory, 'e'))
    expect(await recycler.give(await usedFile('f', 100), segmentBytes)).toBe(false)
  })

  it('finds files by length, those of an earlier process too', async () => {
    await recycler.give(await usedFile('a', 8192), 8192)
    await recycler.give(await usedFile('b'), segmentBytes)
    const later = new SegmentRecycler({ directory: free, bytesMax: 3 * segmentBytes })
    await later.give(await usedFile('c', 8192), 8192)
    expect(await readdir(free)).toHaveLength(3)
    const target = join(fixture.directory, 'd')
    expect(await later.take(segmentBytes, target)).toBe(true)
    expect((await stat(target)).size).toBe(segmentBytes)
    expect(await later.take(4096, join(fixture.directory, 'e'))).toBe(false)
  })

  it('tells how many bytes it holds', async () => {
    expect(recycler.heldBytes).toBe(0)
    await recycler.give(await usedFile('a'), segmentBytes)
    await recycler.give(await usedFile('b', 8192), 8192)
    expect(recycler.heldBytes).toBe(segmentBytes + 8192)
    await recycler.take(8192, join(fixture.directory, 'c'))
    expect(recycler.heldBytes).toBe(segmentBytes)
    const later = new SegmentRecycler({ directory: free, bytesMax: 3 * segmentBytes })
    await later.load()
    expect(later.heldBytes).toBe(segmentBytes)
  })

  it('blanks a file again that an earlier process may have given away', async () => {
    await recycler.give(await usedFile('a'), segmentBytes)
    const [name = ''] = await readdir(free)
    // As after a power cut that undid the move to a segment, and not what was written there.
    await writeFile(join(free, name), new Uint8Array(segmentBytes).fill(0xdd))
    const later = new SegmentRecycler({ directory: free, bytesMax: 3 * segmentBytes })
    const target = join(fixture.directory, 'b')
    expect(await later.take(segmentBytes, target)).toBe(true)
    const bytes = await readFile(target)
    expect(bytes.subarray(0, 4096).every((byte) => byte === 0)).toBe(true)
  })

  it('passes over files that have gone or have another length than their name says', async () => {
    await mkdir(free)
    await writeFile(join(free, `${segmentBytes}-0.free`), new Uint8Array(segmentBytes))
    await writeFile(join(free, `${segmentBytes}-1.free`), new Uint8Array(100))
    await writeFile(join(free, `${segmentBytes}-2.free`), new Uint8Array(segmentBytes))
    await recycler.load()
    await rm(join(free, `${segmentBytes}-2.free`))
    const target = join(fixture.directory, 'a')
    expect(await recycler.take(segmentBytes, target)).toBe(true)
    expect((await stat(target)).size).toBe(segmentBytes)
    expect(await recycler.take(segmentBytes, join(fixture.directory, 'b'))).toBe(false)
    expect(await recycler.give(join(fixture.directory, 'nowhere'), segmentBytes)).toBe(false)
  })

  it('lets a store be built from the files of a destroyed one', async () => {
    const first = fixture.open({ recycler })
    await claimAndFill(first, 1500)
    first.seal(1500)
    await first.flush(1500)
    await first.destroy()
    expect(await readdir(free)).toHaveLength(3)

    const directory = join(fixture.directory, 'next')
    await mkdir(directory)
    const second = fixture.open({ recycler, directory, collectionId: 8 })
    await claimAndFill(second, 1000, 5)
    second.seal(1000)
    await second.flush(1000)
    expect(await readdir(free)).toHaveLength(1)
    await second.close()

    const again = fixture.open({ directory, collectionId: 8 })
    await again.restore(1000)
    expectRows(again, 1000, { generationOf: () => 5 })
  })
})

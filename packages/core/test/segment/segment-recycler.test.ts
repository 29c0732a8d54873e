import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
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
    expectRows(again, 1000, () => 5)
  })
})

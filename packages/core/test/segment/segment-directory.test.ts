import { existsSync } from 'node:fs'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DirectIo } from '../../src/segment/direct-io.js'
import { SegmentDirectory } from '../../src/segment/segment-directory.js'
import { SegmentRecycler } from '../../src/segment/segment-recycler.js'
import { StoreFixture } from './store-fixture.js'

const segmentBytes = 8192

describe('SegmentDirectory', () => {
  let fixture: StoreFixture

  beforeEach(async () => {
    fixture = await StoreFixture.make()
  })
  afterEach(() => fixture.dispose())

  function make(recycler?: SegmentRecycler): SegmentDirectory {
    const directory = join(fixture.directory, 'a', 'b')
    const io = new DirectIo({ directIo: true, warn: () => {} })
    return new SegmentDirectory({ directory, segmentBytes, io, recycler })
  }

  it('makes files of full length, with every directory around them', async () => {
    const directory = make()
    await directory.make(12_345_678)
    const file = directory.fileOf(12_345_678)
    expect(file).toBe(join(fixture.directory, 'a', 'b', 'segments', '12345678.seg'))
    expect((await stat(file)).size).toBe(segmentBytes)
    expect(directory.fileBytes).toBe(segmentBytes)
    await directory.sync()
  })

  it('puts one used file in one place, however many ask for it at once', async () => {
    const free = join(fixture.directory, 'free')
    const recycler = new SegmentRecycler({ directory: free, bytesMax: 4 * segmentBytes })
    for (const name of ['a1', 'a2', 'a3']) {
      const path = join(fixture.directory, name)
      await writeFile(path, new Uint8Array(segmentBytes))
      await recycler.give(path, segmentBytes)
    }
    const directory = make(recycler)
    const files = await Promise.all([0, 0, 0].map((index) => directory.openForWrite(index)))
    const inodes = await Promise.all(files.map(async ({ handle }) => (await handle.stat()).ino))
    for (const { handle } of files) await handle.close()
    expect(new Set(inodes).size).toBe(1)
    expect(await readdir(free)).toHaveLength(2)
  })

  it('removes every segment file, and nothing else', async () => {
    const directory = make()
    await directory.make(0)
    await directory.make(9)
    const other = join(fixture.directory, 'a', 'b', 'segments', 'notes.txt')
    await writeFile(other, 'mine')
    await directory.remove()
    expect(existsSync(directory.fileOf(0)) || existsSync(directory.fileOf(9))).toBe(false)
    expect(existsSync(other)).toBe(true)
    expect(directory.fileBytes).toBe(0)
    await directory.remove()
  })
})

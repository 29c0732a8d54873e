/** What real file systems refuse: space, permission, direct I/O. Some need the right to mount. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { claimAndFill, expectRows } from '../../src/conformance/vector-store-rows.js'
import { StoreFixture } from './store-fixture.js'

const mounts: string[] = []

/** Mounts a file system of its own, or returns undefined where that is not allowed. */
function mount(type: string, options: string): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'sluice-mount-'))
  try {
    execFileSync('mount', ['-t', type, '-o', options, 'none', path], { stdio: 'ignore' })
  } catch {
    rmSync(path, { recursive: true })
    return undefined
  }
  mounts.push(path)
  return path
}

afterAll(() => {
  for (const path of mounts) {
    execFileSync('umount', [path], { stdio: 'ignore' })
    rmSync(path, { recursive: true })
  }
})

async function use(
  fixture: StoreFixture | Promise<StoreFixture>,
  body: (fixture: StoreFixture) => Promise<void>,
): Promise<void> {
  const opened = await fixture
  try {
    await body(opened)
  } finally {
    await opened.dispose()
  }
}

const small = mount('tmpfs', 'size=256k')

describe.skipIf(small === undefined)('a full disk (needs the right to mount)', () => {
  it('fails every flush from then on with SLUICE_NO_SPACE; reads go on, reopening recovers', () =>
    use(StoreFixture.make(small), async (fixture) => {
      const store = fixture.open()
      await claimAndFill(store, 600)
      store.seal(600)
      await store.flush(600)
      await claimAndFill(store, 5000)
      store.seal(store.rowCount)
      const full = { name: 'StorageError', code: 'SLUICE_NO_SPACE', details: { errno: 'ENOSPC' } }
      await expect(store.flush(store.rowCount)).rejects.toMatchObject(full)
      await expect(store.flush(600)).rejects.toMatchObject(full)
      await expect(store.claim(1)).rejects.toMatchObject({ code: 'SLUICE_POISONED' })
      expect(() => store.seal(store.rowCount)).not.toThrow()
      expectRows(store, 5600)
      expect(store.stats().durableRowCount).toBeGreaterThanOrEqual(600)
      await store.close()
      const again = fixture.open()
      await again.restore(600)
      expectRows(again, 600)
    }))

  it('shows a background failure in the next flush, and nowhere else', () =>
    use(StoreFixture.make(small), async (fixture) => {
      const store = fixture.open()
      await claimAndFill(store, 10 * store.rowsPerSegment)
      store.seal(store.rowCount)
      await claimAndFill(store, 1)
      await store.close()
      await expect(store.flush(1)).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    }))
})

const frozen = mount('tmpfs', 'size=256k')

describe.skipIf(frozen === undefined)('a read-only disk (needs the right to mount)', () => {
  it('fails with SLUICE_PERMISSION', () =>
    use(StoreFixture.make(frozen), async (fixture) => {
      execFileSync('mount', ['-o', 'remount,ro', frozen ?? ''])
      const store = fixture.open()
      await claimAndFill(store, 10)
      store.seal(10)
      await expect(store.flush(10)).rejects.toMatchObject({
        code: 'SLUICE_PERMISSION',
        details: { errno: 'EROFS' },
      })
      await expect(fixture.open().reserve(10)).rejects.toMatchObject({ code: 'SLUICE_PERMISSION' })
      execFileSync('mount', ['-o', 'remount,rw', frozen ?? ''])
    }))
})

const ram = mount('ramfs', 'mode=700')

describe.skipIf(ram === undefined)('a file system without O_DIRECT (needs mounting)', () => {
  it('is written through the page cache, with one warning', () =>
    use(StoreFixture.make(ram), async (fixture) => {
      const store = fixture.open()
      await claimAndFill(store, 2000)
      store.seal(2000)
      await store.flush(2000)
      expect(store.stats().directIo).toBe(false)
      expect(fixture.warnings).toEqual([expect.stringMatching(/^SLUICE_WARN_DIRECT_IO /)])
      await store.close()
      const again = fixture.open()
      await again.restore(2000)
      expectRows(again, 2000)
    }))
})

describe('memory that does not start on a page', () => {
  it('is written and read through the page cache where direct I/O refuses it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-segment-'))
    await use(new StoreFixture(directory, 'heap'), async (fixture) => {
      const odd = {
        bytesMax: fixture.allocator.bytesMax,
        stats: () => fixture.allocator.stats(),
        allocate: (byteLength: number) => {
          const lease = fixture.allocator.allocate(byteLength + 8, { alignment: 4096 })
          return {
            bytes: lease.bytes.subarray(8),
            byteLength,
            shared: false,
            released: false,
            release: () => lease.release(),
          }
        },
      }
      const store = fixture.open({ allocator: odd })
      await claimAndFill(store, 5000)
      store.seal(5000)
      await store.flush(5000)
      expect(fixture.warnings.length).toBe(store.stats().directIo ? 0 : 1)
      await store.close()
      const again = fixture.open({ allocator: odd })
      await again.restore(5000)
      expectRows(again, 5000)
    })
  })
})

describe('a directory that cannot be had', () => {
  it('fails the flush and leaves the store readable', () =>
    use(StoreFixture.make(), async (fixture) => {
      writeFileSync(join(fixture.directory, 'segments'), 'not a directory')
      const store = fixture.open()
      await claimAndFill(store, 10)
      store.seal(10)
      await expect(store.flush(10)).rejects.toMatchObject({ name: 'StorageError' })
      expectRows(store, 10)
      await store.close()
    }))

  it('is an error of restore where a segment is no file', () =>
    use(StoreFixture.make(), async (fixture) => {
      const store = fixture.open()
      mkdirSync(store.segmentFile(0), { recursive: true })
      await expect(store.restore(10)).rejects.toMatchObject({ name: 'StorageError' })
    }))
})

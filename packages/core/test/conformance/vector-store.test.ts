import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { vectorStoreSuite } from '../../src/conformance/vector-store.js'
import type { VectorStoreFixture } from '../../src/conformance/vector-store-fixture.js'
import { MemoryVectorStore } from '../../src/segment/memory-store.js'
import { SMALL, StoreFixture } from '../segment/store-fixture.js'

const runner = { describe, it }

vectorStoreSuite({
  runner,
  fc,
  name: 'MemoryVectorStore',
  create: async () => {
    const allocator = new SlabAllocator({ bytesMax: 64 * 1024 * 1024 })
    const store = new MemoryVectorStore({ ...SMALL, allocator, warn: () => {} })
    return {
      store,
      dispose: async () => {
        await store.close()
        await allocator.close()
      },
    }
  },
})

async function onDisk(parent: string, directIo: boolean): Promise<VectorStoreFixture> {
  const fixture = await StoreFixture.make(parent)
  return {
    store: fixture.open({ directIo }),
    reopen: async () => fixture.open({ directIo }),
    dispose: () => fixture.dispose(),
  }
}

vectorStoreSuite({
  runner,
  fc,
  name: 'SegmentVectorStore past the page cache, where the system lets it',
  create: () => onDisk(tmpdir(), true),
})

vectorStoreSuite({
  runner,
  fc,
  name: 'SegmentVectorStore through the page cache',
  create: () => onDisk(tmpdir(), false),
})

const sharedMemory = '/dev/shm'

describe.skipIf(!existsSync(sharedMemory))(`on a tmpfs (needs ${sharedMemory})`, () => {
  vectorStoreSuite({
    runner,
    fc,
    name: 'SegmentVectorStore on a tmpfs',
    create: () => onDisk(sharedMemory, true),
  })
})

/** Stores on disk for tests: small segments, a directory of their own, warnings kept. */

import { readdirSync, readlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SlabAllocator } from '@sluice/pool'
import { hasCode } from '../../src/errors.js'
import { crc32c } from '../../src/kernels/scalar/crc32c.js'
import { Timings } from '../../src/observe/timings.js'
import type { SegmentRecycler } from '../../src/segment/segment-recycler.js'
import {
  SegmentVectorStore,
  type SegmentVectorStoreOptions,
} from '../../src/segment/segment-store.js'

/** 60 KiB of rows of 100 bytes: 608 rows, so that a few hundred rows span segments. */
export const SMALL = { dtype: 'int8', dimension: 100, stride: 100, segmentBytes: 65_536 } as const

export const DATABASE_ID: Uint8Array = Uint8Array.from({ length: 16 }, (_, i) => i + 1)

/** A directory, an allocator and every store made with them. */
export class StoreFixture {
  readonly directory: string
  readonly allocator: SlabAllocator
  readonly warnings: string[] = []
  readonly #stores: SegmentVectorStore[] = []

  constructor(directory: string, backing: 'wasm' | 'shared' | 'heap' = 'wasm') {
    this.directory = directory
    this.allocator = new SlabAllocator({ bytesMax: 512 * 1024 * 1024, backing })
  }

  static async make(parent: string = tmpdir()): Promise<StoreFixture> {
    return new StoreFixture(await mkdtemp(join(parent, 'sluice-segment-')))
  }

  open(
    options: Partial<SegmentVectorStoreOptions> & { readonly recycler?: SegmentRecycler } = {},
  ): SegmentVectorStore {
    const store = new SegmentVectorStore({
      ...SMALL,
      directory: this.directory,
      allocator: this.allocator,
      databaseId: DATABASE_ID,
      collectionId: 7,
      readOnly: false,
      crc32c,
      timings: new Timings({ onStall: () => undefined }),
      warn: ({ code, message }) => this.warnings.push(`${code} ${message}`),
      ...options,
    })
    this.#stores.push(store)
    return store
  }

  /** Files in the directory that this process has open. Linux alone. */
  openFiles(): string[] {
    const targets = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch (error) {
        // It was closed since the list was made.
        if (hasCode(error, 'ENOENT')) return ''
        throw error
      }
    })
    return targets.filter((path) => path.startsWith(this.directory))
  }

  async dispose(): Promise<void> {
    for (const store of this.#stores) await store.close()
    await this.allocator.close()
    await rm(this.directory, { recursive: true, force: true })
  }
}

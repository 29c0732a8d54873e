/**
 * Random users of a capped collection against a reference: a list of all rows ever written, of
 * which those go that a bound does not hold. Every kind of id, every WAL backend; closed, killed
 * and opened again.
 */

import { rm } from 'node:fs/promises'
import { lmdbWal } from '@sluice/wal-lmdb'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Collection,
  type Database,
  fileWal,
  type OpenOptions,
  open,
  type RetentionSchema,
  type WalFactory,
} from '../../src/index.js'
import { crashImage } from '../crash/image.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import type { Naming } from './driver.js'

/** Longer by hand: `SLUICE_MODEL_RUNS=1000 pnpm test model`. */
const RUNS = Number(process.env['SLUICE_MODEL_RUNS'] ?? 12)
/** 32 rows fill the smallest segment. */
const DIMENSION = 1900
const SEGMENT_ROWS = 32
const STRIDE = 4 * DIMENSION
const SCHEMA = { dimension: DIMENSION, metric: 'l2', segmentBytes: 256 * 1024 } as const
/** Ids are drawn from a pool this small, so that operations meet. */
const KEY_MAX = 90

type Operation =
  | { readonly kind: 'add' | 'upsert' | 'concurrent'; readonly keys: readonly number[] }
  | { readonly kind: 'delete'; readonly keys: readonly number[] }
  | { readonly kind: 'checkpoint' | 'reopen' | 'kill' | 'search' }
  | { readonly kind: 'retain'; readonly rowsMax: number }

interface ReferenceRow {
  readonly id: bigint | string
  readonly number: number
  isAlive: boolean
}

/** Every row that was ever written. */
class Reference {
  readonly written: ReferenceRow[] = []
  rowsMax: number
  nextId = 1
  #evicted = 0

  constructor(rowsMax: number) {
    this.rowsMax = rowsMax
  }

  get rows(): readonly ReferenceRow[] {
    return this.written.filter(({ isAlive }) => isAlive)
  }

  has(id: bigint | string): boolean {
    return this.rows.some((row) => row.id === id)
  }

  /** Returns how many rows were replaced. */
  write(ids: readonly (bigint | string)[], number: number): number {
    let updated = 0
    for (const id of ids) {
      updated += this.delete([id])
      this.written.push({ id, number, isAlive: true })
    }
    return updated
  }

  delete(ids: readonly (bigint | string)[]): number {
    const rows = this.rows.filter(({ id }) => ids.includes(id))
    for (const row of rows) row.isAlive = false
    return rows.length
  }

  evict(): void {
    const spare = Math.max(0, this.written.length - this.rowsMax)
    this.#evicted = Math.max(this.#evicted, Math.floor(spare / SEGMENT_ROWS) * SEGMENT_ROWS)
    for (const row of this.written.slice(0, this.#evicted)) row.isAlive = false
  }
}

/** A capped collection beside its reference. */
class CappedDriver {
  readonly #naming: Naming
  readonly #reference: Reference
  readonly #createWal: (() => WalFactory) | undefined
  readonly #checkpoint: OpenOptions['checkpoint']
  #path: string | undefined
  #database: Database | undefined
  #collection: Collection | undefined
  #number = 0

  constructor(
    naming: Naming,
    options: {
      rowsMax: number
      createWal?: () => WalFactory
      checkpoint: OpenOptions['checkpoint']
    },
  ) {
    this.#naming = naming
    this.#reference = new Reference(options.rowsMax)
    this.#createWal = options.createWal
    this.#checkpoint = options.checkpoint
  }

  async start(path: string | undefined): Promise<void> {
    this.#path = path
    const wal = this.#createWal?.()
    this.#database = await open({
      ...(path === undefined ? {} : { path }),
      ...(wal ? { wal } : {}),
      checkpoint: this.#checkpoint ?? {},
    })
    const retention = this.#retention()
    this.#collection = await this.#database.collection('docs', { ...SCHEMA, retention })
    await this.#settle()
  }

  async stop(): Promise<void> {
    await this.#database?.close()
  }

  async run(operation: Operation): Promise<void> {
    this.#number += 1
    switch (operation.kind) {
      case 'add':
      case 'upsert':
        await this.#write(operation.kind, operation.keys)
        break
      case 'concurrent':
        await this.#concurrent(operation.keys)
        break
      case 'delete': {
        const ids = operation.keys.map((key) => this.#idOf(key))
        const { deleted } = await this.#docs.delete({ ids: ids as bigint[] })
        expect(deleted).toBe(this.#reference.delete(ids))
        break
      }
      case 'checkpoint':
        await this.#database?.checkpoint()
        break
      case 'retain': {
        this.#reference.rowsMax = operation.rowsMax
        const retention = this.#retention()
        await this.#database?.collection('docs', { ...SCHEMA, retention })
        break
      }
      case 'search':
        await this.#search()
        break
      default:
        await this.#reopen(operation.kind === 'kill' && !this.#isRestless)
    }
    await this.#settle()
    await this.#compare()
  }

  async #write(kind: 'add' | 'upsert', keys: readonly number[]): Promise<void> {
    const isAssigned = this.#naming === 'assigned'
    const { nextId } = this.#reference
    const ids =
      isAssigned && kind === 'add'
        ? keys.map((_, i) => BigInt(nextId + i))
        : keys.map((key) => this.#idOf(key))
    if (isAssigned && kind === 'upsert' && ids.some((id) => Number(id) >= nextId)) return
    const batch = this.#batch(isAssigned && kind === 'add' ? undefined : ids, keys.length)
    if (kind === 'add' && !isAssigned && ids.some((id) => this.#reference.has(id))) {
      await expect(this.#docs.add(batch)).rejects.toMatchObject({ code: 'SLUICE_DUPLICATE_ID' })
      return
    }
    const result = await this.#docs[kind](batch)
    const updated = this.#reference.write(ids, this.#number)
    if (isAssigned && kind === 'add') this.#reference.nextId += keys.length
    expect(result).toMatchObject({ rows: keys.length, updated })
  }

  /** Writers that do not wait for each other, nor for rows to go. */
  async #concurrent(keys: readonly number[]): Promise<void> {
    const isAssigned = this.#naming === 'assigned'
    const halves = [keys.slice(0, keys.length >> 1), keys.slice(keys.length >> 1)]
    const calls = halves.map((half) => {
      const { nextId } = this.#reference
      const ids = half.map((key, i) => (isAssigned ? BigInt(nextId + i) : this.#idOf(key)))
      if (isAssigned) this.#reference.nextId += half.length
      const call = this.#docs.upsert(this.#batch(isAssigned ? undefined : ids, half.length))
      this.#reference.write(ids, this.#number)
      return call
    })
    await Promise.all(calls)
  }

  async #search(): Promise<void> {
    const last = this.#reference.rows.at(-1)
    const vector = new Float32Array(DIMENSION).fill(last?.number ?? 0)
    const hits = await this.#docs.search({ vector, k: 5, exact: true })
    const near = this.#reference.rows
      .filter(({ number }) => number === last?.number)
      .map(({ id }) => id)
    expect([...hits.ids].slice(0, near.length)).toEqual(near.slice(0, 5))
  }

  /** As a crash leaves it, or after a clean end. */
  async #reopen(isKilled: boolean): Promise<void> {
    if (this.#path === undefined || !this.#database) return
    const path = isKilled ? await crashImage(this.#database) : this.#path
    await this.stop()
    if (isKilled) await rm(this.#path, { recursive: true, force: true })
    await this.start(path)
  }

  /** Evictions under way are in the log before this. */
  async #settle(): Promise<void> {
    await this.#database?.flush()
    this.#reference.evict()
  }

  async #compare(): Promise<void> {
    const rows = []
    for await (const row of this.#docs.iterate({ include: ['metadata', 'vector'] })) {
      const { number } = row.metadata as { number: number }
      expect((row.vector as Float32Array)[9]).toBe(number)
      rows.push({ id: row.id, number })
    }
    const expected = this.#reference.rows.map(({ id, number }) => ({ id, number }))
    expect(rows).toEqual(expected)
    expect(await this.#docs.count()).toBe(expected.length)
    const ids = Array.from({ length: KEY_MAX + 1 }, (_, key) => this.#idOf(key))
    const found = await this.#docs.get(ids as bigint[])
    expect(found.map((row) => row !== undefined)).toEqual(ids.map((id) => this.#reference.has(id)))
  }

  /** Whether checkpoints are made all the time: files are copied only while nothing changes them. */
  get #isRestless(): boolean {
    return this.#checkpoint !== false && this.#checkpoint?.logBytesMax === 1
  }

  get #docs(): Collection {
    if (!this.#collection) throw new Error('not started')
    return this.#collection
  }

  /** The same bound, in rows or in bytes. */
  #retention(): RetentionSchema {
    const { rowsMax } = this.#reference
    return rowsMax % 2 === 0 ? { rowsMax } : { bytesMax: rowsMax * STRIDE }
  }

  #batch(ids: readonly (bigint | string)[] | undefined, count: number) {
    const vectors = Array.from({ length: count }, () =>
      new Float32Array(DIMENSION).fill(this.#number),
    )
    const metadata = vectors.map(() => ({ number: this.#number }))
    return ids === undefined ? { vectors, metadata } : { ids: ids as bigint[], vectors, metadata }
  }

  #idOf(key: number): bigint | string {
    if (this.#naming === 'string') return `key-${key}-${'x'.repeat(key % 7)}`
    return this.#naming === 'u64' ? BigInt(key) << 33n : BigInt(key + 1)
  }
}

const keys = fc.uniqueArray(fc.integer({ min: 0, max: KEY_MAX }), { minLength: 1, maxLength: 40 })

const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constantFrom('add' as const, 'upsert' as const, 'concurrent' as const),
        keys,
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), keys }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom('checkpoint', 'reopen', 'kill', 'search'),
      }) as fc.Arbitrary<Operation>,
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('retain' as const),
        rowsMax: fc.integer({ min: 1, max: 150 }),
      }),
    },
  ),
  { maxLength: 25 },
)

const runs = fc.record({
  rowsMax: fc.integer({ min: 1, max: 150 }),
  checkpoint: fc.constantFrom(false as const, { logBytesMax: 1 }, {}),
  steps: operations,
})

const NAMINGS = ['u64', 'string', 'assigned'] as const

describe.each([
  ['file', fileWal],
  ['lmdb', lmdbWal],
] as const)('a capped collection on the %s WAL does what the reference does', (_, createWal) => {
  it.each(NAMINGS)('%s ids', async (naming) => {
    const property = fc.asyncProperty(runs, async ({ steps, ...rest }) => {
      const driver = new CappedDriver(naming, { ...rest, createWal })
      try {
        await driver.start(await temporaryDirectory())
        for (const step of steps) await driver.run(step)
        await driver.run({ kind: 'reopen' })
      } finally {
        await driver.stop()
      }
    })
    await fc.assert(property, { numRuns: RUNS })
  })
})

describe('a capped collection in memory does what the reference does', () => {
  it.each(NAMINGS)('%s ids', async (naming) => {
    const property = fc.asyncProperty(runs, async ({ steps, ...rest }) => {
      const driver = new CappedDriver(naming, rest)
      await driver.start(undefined)
      for (const step of steps) await driver.run(step)
      await driver.stop()
    })
    await fc.assert(property, { numRuns: RUNS })
  })
})

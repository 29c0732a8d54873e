/** A capped collection of the model test, beside its reference: a list of all rows ever written. */

import { rm } from 'node:fs/promises'
import { expect } from 'vitest'
import {
  type Collection,
  type Database,
  type OpenOptions,
  open,
  type RetentionSchema,
  type WalFactory,
} from '../../src/index.js'
import { crashImage } from '../crash/image.js'
import type { Naming } from './driver.js'

/** 32 rows fill the smallest segment. */
const DIMENSION = 1900
const SEGMENT_ROWS = 32
const STRIDE = 4 * DIMENSION
const SCHEMA = { dimension: DIMENSION, metric: 'l2', segmentBytes: 256 * 1024 } as const
/** Ids are drawn from a pool this small, so that operations meet. */
export const KEY_MAX = 90

/** What a user does. */
export type Operation =
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

  /** Rows that go together. */
  get step(): number {
    return Math.min(SEGMENT_ROWS, Math.max(1, Math.floor(this.rowsMax / 16)))
  }

  evict(): void {
    const spare = Math.max(0, this.written.length - this.rowsMax)
    this.#evicted = Math.max(this.#evicted, Math.floor(spare / this.step) * this.step)
    for (const row of this.written.slice(0, this.#evicted)) row.isAlive = false
  }
}

/** A capped collection beside its reference. */
export class CappedDriver {
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
    const { rowsMax, step } = this.#reference
    // Without waiting for anything else.
    expect(await this.#docs.count()).toBeLessThan(rowsMax + step)
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

  /** Whether checkpoints are made all the time: files are copied while nothing changes them. */
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
